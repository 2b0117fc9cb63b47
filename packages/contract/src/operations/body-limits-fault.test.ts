import { describe, expect, it } from '@jest/globals';
import { bodyLimitsFault } from './body-limits-fault.ts';
import { type BodyLimits, del, post } from './operation.ts';

const fault = (bodyLimits: BodyLimits, define = post) =>
  bodyLimitsFault(define('/things', { summary: '', bodyLimits }));

describe('the fault of body limits', () => {
  it('is none where they are whole numbers, or not there', () => {
    expect(fault({})).toBeUndefined();
    expect(fault({ maxBytes: 1, maxValues: 1, maxDepth: 1 })).toBeUndefined();
    expect(bodyLimitsFault(post('/things', { summary: '' }))).toBeUndefined();
  });

  it.each([2 ** 53, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('is %d, by name', (limit) => {
    expect(fault({ maxBytes: limit })).toBe(`has bodyLimits with maxBytes ${limit}: must be a whole number from 1`);
    expect(fault({ maxValues: limit })).toContain(`maxValues ${limit}`);
    expect(fault({ maxDepth: limit })).toContain(`maxDepth ${limit}`);
  });

  it('is that there is no body', () => {
    expect(bodyLimitsFault(del('/things', { summary: '', bodyLimits: { maxBytes: 1 } }))).toBe(
      'has bodyLimits, but DELETE has no body',
    );
  });
});
