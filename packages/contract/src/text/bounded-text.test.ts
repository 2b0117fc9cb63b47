import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boundedText } from './bounded-text.ts';

describe('boundedText', () => {
  it('leaves a text that is short enough, and cuts a longer one with an ellipsis', () => {
    expect(boundedText('abcd', 4)).toBe('abcd');
    expect(boundedText('abcde', 4)).toBe('abc…');
    expect(boundedText('ab😀de', 4)).toBe('ab…');
  });

  it('makes no text longer than asked for, breaks no character, and changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 10 }), (text, max) => {
        const bounded = boundedText(text, max);
        expect(bounded.length).toBeLessThanOrEqual(max);
        expect(bounded.isWellFormed()).toBe(text.isWellFormed());
        expect(boundedText(bounded, max)).toBe(bounded);
      }),
    );
  });
});
