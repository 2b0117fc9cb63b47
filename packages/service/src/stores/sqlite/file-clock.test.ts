import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type FileClock, fileClock } from './file-clock.ts';

let database: DatabaseSync;
beforeEach(() => {
  database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE clock (elapsed_ms INTEGER NOT NULL); INSERT INTO clock VALUES (1000000)');
});
afterEach(() => {
  database.close();
  jest.restoreAllMocks();
});

/** A process that has the file open, with a monotonic clock that starts anywhere. */
function openedBy(monotonic: { ms: number }): FileClock {
  return fileClock(database, () => monotonic.ms);
}

describe('fileClock', () => {
  it('counts what really passes, however far the clocks of its processes are apart', () => {
    const [one, other] = [{ ms: 5 }, { ms: 90_000_000 }];
    const clocks = [openedBy(one), openedBy(other)];
    for (let second = 1; second <= 10; second++) {
      one.ms += 1_000;
      other.ms += 1_000;
      for (const clock of clocks) expect(clock.advance()).toBe(1_000_000 + second * 1_000);
    }
  });

  it('goes on where another process has left it', () => {
    const first = { ms: 0 };
    const clock = openedBy(first);
    first.ms = 5_000;
    clock.advance();
    const second = { ms: 77 };
    const next = openedBy(second);
    second.ms += 2_000;
    expect(next.advance()).toBe(1_007_000);
    expect(clock.nowMs()).toBe(1_005_000);
    expect(clock.advance()).toBe(1_007_000);
  });

  it('is never ahead of what has passed, though it is behind by less than a second after a restart', () => {
    const mono = { ms: 0 };
    const clock = openedBy(mono);
    for (mono.ms = 0; mono.ms < 10_000; mono.ms += 130) expect(clock.advance()).toBe(1_000_000 + mono.ms);
    const again = openedBy({ ms: 0 }).nowMs();
    expect(again).toBeLessThanOrEqual(1_010_000);
    expect(again).toBeGreaterThan(1_008_800);
  });

  it('heeds no jump of the wall clock', () => {
    const clock = fileClock(database);
    const startMs = clock.advance();
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 90_000_000);
    expect(clock.advance() - startMs).toBeLessThan(60_000);
    expect(clock.nowMs() - startMs).toBeLessThan(60_000);
  });
});
