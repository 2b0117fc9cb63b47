import type { DatabaseSync } from 'node:sqlite';

/** The time by which a SQLite file's answers expire, in ms. */
export interface FileClock {
  /** What this process knows of it, without a look at the file. */
  nowMs(): number;
  /** The same with what other processes know, which have it in the file. Only within a write transaction. */
  advance(): number;
}

/** The file may be behind by this much, in ms, which saves most writes the page of the clock. */
const resolutionMs = 1_000;

/**
 * Counts a file's time, which goes on while a process has the file open and stands still otherwise. It is never ahead of
 * what has really passed, so that nothing expires early: each process adds only what its own monotonic clock has measured,
 * and the greatest count is in the table `clock`. A wall clock, which can be set and differs between processes
 * under another time or after a suspend, has no say.
 */
export function fileClock(database: DatabaseSync, monotonicMs: () => number = () => performance.now()): FileClock {
  const read = database.prepare('SELECT elapsed_ms FROM clock');
  const write = database.prepare('UPDATE clock SET elapsed_ms = ?');
  const inFile = () => Number(read.get()?.elapsed_ms);
  let knownMs = inFile();
  let knownAtMs = monotonicMs();

  const nowMs = () => knownMs + Math.floor(monotonicMs() - knownAtMs);
  return {
    nowMs,
    advance() {
      const fileMs = inFile();
      const greatestMs = Math.max(fileMs, nowMs());
      if (greatestMs - fileMs >= resolutionMs) write.run(greatestMs);
      if (greatestMs > nowMs()) {
        knownMs = greatestMs;
        knownAtMs = monotonicMs();
      }
      return greatestMs;
    },
  };
}
