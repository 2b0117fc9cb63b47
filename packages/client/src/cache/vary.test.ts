import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isSelected, selectionOf } from './vary.ts';

const matches = (vary: string, one: Record<string, string>, other: Record<string, string>) => {
  const selection = selectionOf(vary, one);
  return selection !== undefined && isSelected(selection, other);
};

describe('Vary', () => {
  it.each(['*', 'accept, *', '*,*', ' * ', 'accept, X-Request-Timeout-Ms', 'x-attempts-left', 'x-explain'])(
    '%j selects no later request',
    (field) => {
      expect(selectionOf(field, {})).toBeUndefined();
    },
  );

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['Foo', { foo: '1' }, { foo: '1', other: '2' }],
    ['foo', {}, {}],
    ['foo', { foo: '1, 2' }, { foo: '1,2' }],
    ['accept-language', { 'accept-language': 'en, de' }, { 'accept-language': 'EN,de' }],
    ['accept-encoding', { 'accept-encoding': 'gzip ; q=0.5, br' }, { 'accept-encoding': 'gzip;q=0.5, br' }],
  ])('%s: %j is as good as %j', (vary, one, other) => {
    expect(matches(vary, one, other)).toBe(true);
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['foo', { foo: '1' }, { foo: '2' }],
    ['foo', { foo: '1' }, {}],
    ['foo', {}, { foo: '' }],
    ['foo', { foo: 'a' }, { foo: 'A' }],
    ['foo', { foo: '1, 2' }, { foo: '2, 1' }],
    ['foo', { foo: '"a, b"' }, { foo: '"a,b"' }],
    ['accept-language', { 'accept-language': 'en, de' }, { 'accept-language': 'de, en' }],
    ['accept', { accept: 'application/json;v=A' }, { accept: 'application/json;v=a' }],
    ['foo, bar', { foo: '1', bar: '1' }, { foo: '1', bar: '2' }],
  ])('%s: %j is another request than %j', (vary, one, other) => {
    expect(matches(vary, one, other)).toBe(false);
  });

  it.each(['constructor', '__proto__', 'toString'])('takes %s for a header that the request does not have', (name) => {
    expect(matches(name, {}, {})).toBe(true);
    expect(selectionOf(name, {})).toEqual([[name.toLowerCase(), undefined]]);
  });

  it('needs no long time for a value of many spaces', () => {
    const value = `en${' '.repeat(200_000)}x`;
    const startedAt = performance.now();
    expect(matches('accept-language', { 'accept-language': value }, { 'accept-language': value })).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(2_000); // with the square it were minutes
  });

  it('selects the request itself, whatever its values are', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('foo', 'accept', 'accept-language'), (value, name) => {
        expect(matches(name, { [name]: value }, { [name]: value })).toBe(true);
      }),
    );
  });
});
