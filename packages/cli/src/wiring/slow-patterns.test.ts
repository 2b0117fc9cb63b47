import { describe, expect, it } from '@jest/globals';
import { mayBacktrack } from './slow-patterns.ts';

describe('mayBacktrack', () => {
  it.each(['(a+)+', '^(?:\\w*)*$', '([a-z]+|x)+y', '((a+))+', '(?<name>[^/]+)*', '(.*)+', '([0-9]+){2,}'])(
    'finds %s',
    (pattern) => expect(mayBacktrack(pattern)).toBe(true),
  );

  it.each([
    '^[a-z]+$',
    '(-, )*[0-9.]+(, -)*',
    '(a+,)+',
    '(\\.|%2e){2}',
    '^(GET|HEAD) ',
    '(a+)?',
    '([)+]+)x',
    '(',
    ')+',
  ])('leaves %s', (pattern) => expect(mayBacktrack(pattern)).toBe(false));
});
