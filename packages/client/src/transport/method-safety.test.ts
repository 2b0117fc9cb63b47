import { describe, expect, it } from '@jest/globals';
import { isIdempotent, isSafe, safetyOf } from './method-safety.ts';

describe('the safety of a method', () => {
  it.each([
    ['GET', true, true, 'safe'],
    ['HEAD', true, true, 'safe'],
    ['OPTIONS', true, true, 'safe'],
    ['TRACE', true, true, 'safe'],
    ['QUERY', true, true, 'safe'],
    ['PUT', false, true, 'idempotent'],
    ['DELETE', false, true, 'idempotent'],
    ['POST', false, false, 'unsafe'],
    ['PATCH', false, false, 'unsafe'],
    ['get', false, false, 'unsafe'],
  ])('of %s is known', (method, safe, idempotent, safety) => {
    expect([isSafe(method), isIdempotent(method), safetyOf(method, {})]).toEqual([safe, idempotent, safety]);
  });

  it.each([
    ['"a"', 'keyed'],
    ['', 'unsafe'],
    [' ', 'unsafe'],
  ])('of a POST with the key %j is that of its key', (key, safety) => {
    expect(safetyOf('POST', { 'idempotency-key': key })).toBe(safety);
  });
});
