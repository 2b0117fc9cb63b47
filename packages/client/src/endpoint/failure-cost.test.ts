import { describe, expect, it } from '@jest/globals';
import { problemReply, someError } from '../../test-fixtures/sample.ts';
import { failureCostMs } from './failure-cost.ts';

describe('failureCostMs', () => {
  it('is 5 s where the server did not say more', () => {
    expect(failureCostMs(someError('unavailable'))).toBe(5_000);
  });

  it('is what the server asked for, up to 300 s', () => {
    expect(failureCostMs(someError('overloaded', { retryAfterMs: 1_000 }))).toBe(1_000);
    expect(failureCostMs(someError('rate_limited', { retryAfterMs: 86_400_000 }))).toBe(300_000);
    expect(problemReply('overloaded', { 'retry-after': '7' }).error).toMatchObject({ retryAfterMs: 7_000 });
  });
});
