import { describe, expect, it } from '@jest/globals';
import { Allowance } from './allowance.ts';

function taken(allowance: Allowance): number {
  let count = 0;
  while (allowance.take()) count++;
  return count;
}

describe('an allowance', () => {
  it('gives its burst at once, then its rate', () => {
    let nowMs = 0;
    const allowance = new Allowance(5, 10, () => nowMs);
    expect(taken(allowance)).toBe(5);
    nowMs = 200;
    expect(taken(allowance)).toBe(2);
    nowMs = 60_000;
    expect(taken(allowance)).toBe(5);
  });

  it('takes back what it is given, up to its burst', () => {
    const allowance = new Allowance(5, 0);
    expect(taken(allowance)).toBe(5);
    allowance.give(3);
    expect(taken(allowance)).toBe(3);
    allowance.give(100);
    expect(taken(allowance)).toBe(5);
  });
});
