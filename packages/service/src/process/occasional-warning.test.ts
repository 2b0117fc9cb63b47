import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { OccasionalWarning } from './occasional-warning.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('an occasional warning', () => {
  function opened() {
    const { logger, lines } = capturedLog();
    const warning = new OccasionalWarning(logger, 'refused');
    const note = (peer: string) => warning.note((times) => ({ peer, times }));
    return { lines, note };
  }

  it('is a line at once, and one of the rest after 10 s, of the last', () => {
    const { lines, note } = opened();
    for (const peer of ['a', 'b', 'c']) note(peer);
    expect(lines).toMatchObject([{ level: 'warn', msg: 'refused', peer: 'a', times: 1 }]);
    jest.advanceTimersByTime(9_999);
    expect(lines).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(lines.slice(1)).toMatchObject([{ level: 'warn', msg: 'refused', peer: 'c', times: 2 }]);
  });

  it('loses none of them, and is a line each 10 s at most', () => {
    const { lines, note } = opened();
    for (let n = 0; n < 1_000; n++) {
      note('a');
      jest.advanceTimersByTime(31);
    }
    jest.advanceTimersByTime(10_000);
    expect(lines).toHaveLength(5);
    expect(lines.reduce((sum, { times }) => sum + Number(times), 0)).toBe(1_000);
  });

  it('is a line at once again where there were none for 10 s', () => {
    const { lines, note } = opened();
    note('a');
    jest.advanceTimersByTime(10_000);
    note('b');
    expect(lines).toMatchObject([{ times: 1 }, { peer: 'b', times: 1 }]);
  });

  it('keeps no process alive', () => {
    const { note } = opened();
    const set = jest.spyOn(globalThis, 'setTimeout');
    note('a');
    const timer = set.mock.results[0]?.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
  });
});
