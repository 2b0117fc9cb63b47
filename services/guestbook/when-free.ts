import { setTimeout as pause } from 'node:timers/promises';
import { CallError, now } from '@parley/contract';

const pauseMs = 20;

/** Does SQLite work, again while another process holds the lock, for up to `patienceMs`. */
export async function whenFree<T>(work: () => T, patienceMs = 3_000): Promise<T> {
  const giveUpAtMs = now() + patienceMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (now() > giveUpAtMs) throw new CallError('upstream_timeout', 'the database is busy', { cause: error });
    }
    // Random, so that processes that wait for each other do not meet again.
    await pause(pauseMs * (0.5 + Math.random()));
  }
}

const busyCodes = new Set([5 /* SQLITE_BUSY */, 6 /* SQLITE_LOCKED */]);

function isBusy(error: unknown): boolean {
  const { errcode } = error as { errcode?: unknown };
  // The low byte is the code; the rest says more about it (SQLITE_BUSY_RECOVERY, SQLITE_BUSY_SNAPSHOT).
  return typeof errcode === 'number' && busyCodes.has(errcode & 0xff);
}
