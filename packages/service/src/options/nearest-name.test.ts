import { describe, expect, it } from '@jest/globals';
import { nearestName } from './nearest-name.ts';

const names = ['requestTimeoutMs', 'maxInFlight', 'middleware', 'mount', 'extras', 'errors', 'cors'];

describe('the nearest name', () => {
  it.each([
    ['requestTimeoutMS', 'requestTimeoutMs'],
    ['requestTimeout', 'requestTimeoutMs'],
    ['middlewares', 'middleware'],
    ['maxInflight', 'maxInFlight'],
    ['mounts', 'mount'],
    ['error', 'errors'],
    ['extra', 'extras'],
    ['CORS', 'cors'],
  ])('of %s is %s', (wrong, right) => {
    expect(nearestName(wrong, names)).toBe(right);
  });

  it.each(['port', 'bodyLimitBytes', 'x', ''])('of %j is none', (wrong) => {
    expect(nearestName(wrong, names)).toBeUndefined();
  });
});
