import { describe, expect, it } from '@jest/globals';
import { problemReply, someError } from '../../test-fixtures/sample.ts';
import { failureCostMs } from './failure-cost.ts';

describe('failureCostMs', () => {
  it.each(['unavailable', 'attempt_timeout', 'internal', 'overloaded', 'rate_limited'] as const)(
    'is 5 s for %s',
    (code) => {
      expect(failureCostMs(someError(code))).toBe(5_000);
    },
  );

  it('is what the server asked for, up to 300 s', () => {
    expect(failureCostMs(someError('overloaded', { retryAfterMs: 1_000 }))).toBe(1_000);
    expect(failureCostMs(someError('rate_limited', { retryAfterMs: 86_400_000 }))).toBe(300_000);
    expect(problemReply('overloaded', { 'retry-after': '7' }).error).toMatchObject({ retryAfterMs: 7_000 });
  });

  it('is that of a 429 of any code', () => {
    expect(failureCostMs(someError('rejected', { status: 429 }))).toBe(5_000);
  });

  it.each(['not_found', 'cancelled', 'deadline_exceeded', 'upstream_unavailable', 'invalid_input'] as const)(
    'is nothing for %s',
    (code) => {
      expect(failureCostMs(someError(code, { retryAfterMs: 1_000 }))).toBeUndefined();
    },
  );
});
