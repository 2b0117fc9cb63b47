import { describe, expect, it } from '@jest/globals';
import { AttemptsLeft, parseAttemptsLeft } from './attempts-left.ts';

describe('AttemptsLeft', () => {
  it('gives as many as there are', () => {
    const left = new AttemptsLeft(2);
    expect([left.take(), left.take(), left.take()]).toEqual([true, true, false]);
    expect(left.count).toBe(0);
  });

  it('never falls below 0, and never grows', () => {
    const left = new AttemptsLeft(2);
    left.deduct(-5);
    expect(left.count).toBe(2);
    left.deduct(5);
    expect(left.count).toBe(0);
  });

  it('is absent from a reply where no attempt was used', () => {
    expect(new AttemptsLeft(2).leftAfter('success')).toBeUndefined();
    expect(new AttemptsLeft(0).leftAfter('failure')).toBeUndefined();
  });

  it('is in a reply where attempts were used', () => {
    const left = new AttemptsLeft(2);
    left.take();
    expect([left.leftAfter('success'), left.leftAfter('failure')]).toEqual([1, 1]);
  });

  it('is 0 in a failure where a retry was refused, and unchanged in a success', () => {
    const left = new AttemptsLeft(3);
    left.deduct(1);
    left.refuse();
    expect([left.leftAfter('success'), left.leftAfter('failure'), left.count]).toEqual([2, 0, 2]);
  });

  it.each([-1, 0.5, Number.NaN])('refuses to be %d', (count) => {
    expect(() => new AttemptsLeft(count)).toThrow(`attempts left must be 0 or more, not ${count}`);
  });

  it.each([
    ['0', 0],
    ['12', 12],
    ['100', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['', undefined],
    [undefined, undefined],
    [['1', '2'], undefined],
  ])('is read from %j as %p', (header, count) => {
    expect(parseAttemptsLeft(header)).toBe(count);
  });
});
