// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these variables are compose's, not JavaScript's
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LocalError } from '../local-error.ts';
import { interpolate } from './interpolation.ts';

const variables = { NAME: 'Alice', EMPTY: '' };

describe('interpolate', () => {
  it.each([
    ['hello', 'hello'],
    ['$NAME and ${NAME}', 'Alice and Alice'],
    ['${MISSING}', ''],
    ['${MISSING:-Bob}', 'Bob'],
    ['${MISSING-Bob}', 'Bob'],
    ['${EMPTY:-Bob}', 'Bob'],
    ['${EMPTY-Bob}', ''],
    ['${NAME:-Bob}', 'Alice'],
    ['${NAME:?needed}', 'Alice'],
    ['${EMPTY?needed}', ''],
    ['${NAME:+instead}', 'instead'],
    ['${EMPTY:+instead}', ''],
    ['${EMPTY+instead}', 'instead'],
    ['${MISSING:-${NAME:-Bob}!}', 'Alice!'],
    ['$$NAME costs 5$$', '$NAME costs 5$'],
    ['${MISSING:-a:b@c/d?e}', 'a:b@c/d?e'],
  ])('turns %s into %s', (text, expected) => {
    expect(interpolate(text, variables)).toBe(expected);
  });

  it('tells why a required variable must be set', () => {
    expect(() => interpolate('${PASSWORD:?put it into .env}', variables)).toThrow(
      'PASSWORD must be set: put it into .env',
    );
    expect(() => interpolate('${EMPTY:?}', variables)).toThrow('EMPTY must be set: it has no default');
  });

  it('takes a required variable as empty when lenient', () => {
    expect(interpolate('a${PASSWORD:?put it into .env}b', variables, { isLenient: true })).toBe('ab');
  });

  it.each(['costs 5$', '${NAME', '${}', '${1}', '${NAME!}'])('refuses %s with a sentence', (text) => {
    expect(() => interpolate(text, variables)).toThrow(LocalError);
  });

  it('knows no variable that every object has', () => {
    expect(interpolate('${constructor:-none}', variables)).toBe('none');
  });

  it('never throws anything but its own error', () => {
    const piece = fc.constantFrom('$', '{', '}', ':', '-', '?', '+', 'NAME', 'X', ' ', '$$', '${', '__proto__');
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }), (pieces) => {
        try {
          expect(typeof interpolate(pieces.join(''), variables)).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(LocalError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves text without a dollar sign alone', () => {
    fc.assert(fc.property(fc.string(), (text) => text.includes('$') || interpolate(text, variables) === text));
  });
});
