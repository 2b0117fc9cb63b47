import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { ShedLog } from './shed-log.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('shed log', () => {
  it('counts refusals by reason, each once, and says the load', () => {
    const { logger, lines } = capturedLog();
    const log = new ShedLog(logger);
    log.onLoad({ limit: 20.7, inFlight: 20, callers: 3 });
    for (let n = 0; n < 1000; n++) {
      log.onRefusal({ reason: n % 4 === 0 ? 'rate_limited' : 'overloaded', priority: 'normal', caller: 'address' });
    }
    jest.advanceTimersByTime(10_000);
    expect(lines).toEqual([
      expect.objectContaining({ level: 'warn', refused: { overloaded: 0, rate_limited: 1 }, limit: 20, inFlight: 20 }),
      expect.objectContaining({ level: 'warn', refused: { overloaded: 750, rate_limited: 249 }, callers: 3 }),
    ]);
  });
});
