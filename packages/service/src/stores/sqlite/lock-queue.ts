import { currentContext } from '@parley/contract';
import { patienceMs } from '../waiting/patience.ts';
import { databaseBusy } from '../waiting/unavailable.ts';
import { isBusy, sqliteError } from './sqlite-error.ts';

/**
 * Pause between two tries of the first in the queue, in ms: doubled each time, from the shortest to the longest. Another
 * replica holds the lock for one commit; another program may hold it for seconds.
 */
const shortestPauseMs = 2;
const longestPauseMs = 20;

/**
 * Most pieces of work that wait. At 20 writes/s they cover a lock that is held for 8 s. Fewer than load shedding admits at
 * first (180 normal requests), so that waiting writes leave places for reads.
 */
const maxWaiting = 170;

/** Does SQLite work, and waits for the lock if another process has it: `patience` ms, by default {@link patienceMs}. */
export type WhenFree = <T>(work: () => T, patience?: number) => Promise<T>;

interface Waiting {
  /** False while the lock is taken: then no work has been done. */
  tryNow(): boolean;
  giveUp(reason: unknown): void;
}

/**
 * Makes a queue in front of SQLite's lock. SQLite itself would wait with the whole thread, so it must have
 * `busy_timeout = 0`. Only the first in the queue tries again; all others cost nothing while they wait. Work whose
 * request is over leaves the queue and is never done.
 *
 * The promise of a piece of work rejects with CallError `upstream_unavailable` (503) where the lock stays taken, where
 * 170 others wait already, and as `sqliteError` describes.
 */
export function lockQueue(): WhenFree {
  const queue = new Set<Waiting>();
  let isTrying = false;
  let pauseMs = shortestPauseMs;

  const tryFirst = () => {
    isTrying = false;
    const [first] = queue;
    if (!first) return;
    const isDone = first.tryNow();
    pauseMs = isDone ? shortestPauseMs : Math.min(2 * pauseMs, longestPauseMs);
    // A turn of the event loop between two writes: each waits for the disk.
    // Random, so that processes that wait for each other do not meet again.
    tryLater(isDone ? 0 : pauseMs * (0.5 + Math.random()));
  };
  const tryLater = (delayMs: number) => {
    if (isTrying || queue.size === 0) return;
    isTrying = true;
    if (delayMs === 0) setImmediate(tryFirst);
    else setTimeout(tryFirst, delayMs);
  };

  const wait = <T>(work: () => T, patience: number, cause: unknown) =>
    new Promise<T>((resolve, reject) => {
      const { signal } = currentContext();
      const leave = () => {
        queue.delete(waiting);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiting: Waiting = {
        tryNow() {
          try {
            resolve(work());
          } catch (error) {
            if (isBusy(error)) return false;
            reject(sqliteError(error));
          }
          leave();
          return true;
        },
        giveUp(reason) {
          leave();
          reject(reason);
        },
      };
      const onAbort = () => waiting.giveUp(signal?.reason);
      const timer = setTimeout(() => waiting.giveUp(databaseBusy(cause)), patience);
      signal?.addEventListener('abort', onAbort);
      queue.add(waiting);
      tryLater(pauseMs);
    });

  return async function whenFree(work, patience = patienceMs()) {
    let cause: unknown;
    if (queue.size === 0) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error)) throw sqliteError(error);
        cause = error;
      }
    }
    currentContext().signal?.throwIfAborted();
    if (queue.size >= maxWaiting) throw databaseBusy(cause);
    return wait(work, patience, cause);
  };
}
