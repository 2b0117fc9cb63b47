import type { DatabaseSync } from 'node:sqlite';

/** The time by which a SQLite file's answers expire, in ms. */
export interface FileClock {
  /** The time as this process knows it, without reading the file. */
  nowMs(): number;
  /** The time as all processes know it, from the file. Only within a write transaction. */
  advance(): number;
}

/** The file may be behind by this time, in ms: so most writes need not write the clock's page. */
const resolutionMs = 1_000;

/**
 * Counts a file's time, which runs while a process has the file open and stands still otherwise. It never runs ahead of
 * real time, so no answer expires early: each process adds only the time of its own monotonic clock, and the table `clock`
 * has the greatest count. Wall clocks are not used: they can be set, and differ between processes.
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
