import { CallError } from '@parley/contract';
import { Cancellation, type CancelSignal } from './cancel-signal.ts';
import type { Clock } from './clock.ts';

/** What bounds a piece of work. */
export interface TimeLimit {
  readonly clock: Clock;
  readonly ms: number;
  /** Ends the work early. */
  readonly signal: CancelSignal | undefined;
  /** What the work is rejected with when the time is up. */
  readonly onTimeout: () => CallError;
  /** What is being called, for the error of an early end. */
  readonly operation: string;
}

/**
 * Runs work that is given a signal, and settles at the latest when the time is up or the outer signal
 * fires: at once, even if the work ignores its signal. Leaves no timer and no listener behind.
 *
 * @throws CallError the reason that the outer signal fired for (`cancelled`, if it is none of ours), or
 *   what `onTimeout` makes
 */
export function timeLimit<T>(limit: TimeLimit, work: (signal: CancelSignal) => Promise<T>): Promise<T> {
  const { clock, ms, signal: outer, onTimeout, operation } = limit;
  if (outer?.aborted) return Promise.reject(reasonOf(outer, operation));
  return new Promise<T>((resolve, reject) => {
    const inner = new Cancellation();
    const stop = (error: CallError) => {
      settle();
      reject(error);
      inner.abort(error);
    };
    const onAbort = () => stop(reasonOf(outer, operation));
    const disarm = clock.after(ms, () => stop(onTimeout()));
    outer?.addEventListener('abort', onAbort);
    const settle = () => {
      disarm();
      outer?.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown) => {
      settle();
      reject(error);
    };
    try {
      work(inner).then((value) => {
        settle();
        resolve(value);
      }, fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** Waits, unless the signal fires first. @throws CallError the reason that the signal fired for */
export function sleep(clock: Clock, ms: number, signal: CancelSignal | undefined, operation: string): Promise<void> {
  if (signal?.aborted) return Promise.reject(reasonOf(signal, operation));
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      signal?.removeEventListener('abort', onAbort);
      disarm();
      reject(reasonOf(signal, operation));
    };
    const disarm = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort);
  });
}

/** The error of a signal that fired: its reason if that is a CallError, `cancelled` otherwise. */
export function reasonOf(signal: CancelSignal | undefined, operation: string): CallError {
  if (signal?.reason instanceof CallError) return signal.reason;
  return new CallError('cancelled', 'the caller gave up', { operation });
}
