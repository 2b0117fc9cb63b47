import { describe, expect, it } from '@jest/globals';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { ShedLog } from './shed-log.ts';

describe('shed log', () => {
  it('says a line each ten seconds at most, with all that was refused since the last one', () => {
    const { logger, lines } = capturedLog();
    let nowMs = 0;
    const log = new ShedLog(logger, () => nowMs);
    log.onLoad({ limit: 20.7, inFlight: 20, callers: 3 });
    for (let n = 0; n < 1000; n++) {
      log.onRefusal({ reason: n % 4 === 0 ? 'rate_limited' : 'overloaded', priority: 'normal', caller: 'address' });
      nowMs += 11;
    }
    expect(lines).toEqual([
      expect.objectContaining({ level: 'warn', refused: { overloaded: 0, rate_limited: 1 }, limit: 20, inFlight: 20 }),
      expect.objectContaining({ level: 'warn', refused: { overloaded: 683, rate_limited: 227 }, callers: 3 }),
    ]);
  });
});
