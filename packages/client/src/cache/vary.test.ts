import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cpuMs } from '../../../../test/cpu-time.ts';
import { isSelected, selectionOf } from './vary.ts';

const matches = (
  vary: string,
  one: Record<string, string>,
  other: Record<string, string>,
  fields: Record<string, string> = {},
) => {
  const selection = selectionOf({ vary, ...fields }, one);
  return selection !== undefined && isSelected(selection, other);
};

describe('Vary', () => {
  it.each(['*', 'accept, *', '*,*', ' * ', 'accept, X-Request-Timeout-Ms', 'x-attempts-left', 'x-explain'])(
    '%j selects no later request',
    (field) => {
      expect(selectionOf({ vary: field }, {})).toBeUndefined();
    },
  );

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['Foo', { foo: '1' }, { foo: '1', other: '2' }],
    ['foo', {}, {}],
    ['foo', { foo: '1, 2' }, { foo: '1,2' }],
    ['accept-language', { 'accept-language': 'en, de' }, { 'accept-language': 'EN,de' }],
    ['accept-language', { 'accept-language': 'en, de' }, { 'accept-language': 'de, en' }],
    ['accept-language', { 'accept-language': 'de;q=0.50, en' }, { 'accept-language': 'EN ; q=1.0, de;q=0.5,' }],
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
    ['accept-language', { 'accept-language': 'en, de;q=0.5' }, { 'accept-language': 'de, en;q=0.5' }],
    ['accept-language', { 'accept-language': 'en, de;q=0' }, { 'accept-language': 'en, de' }],
    ['accept-language', { 'accept-language': 'en, d_e' }, { 'accept-language': 'd_e, en' }],
    ['accept-language', { 'accept-language': 'en, de, en;q=0.5' }, { 'accept-language': 'de, en, en;q=0.5' }],
    ['accept-language', { 'accept-language': 'en;q=2, de' }, { 'accept-language': 'de, en;q=2' }],
    ['accept-encoding', { 'accept-encoding': 'br, gzip' }, { 'accept-encoding': 'gzip, br' }],
    ['accept', { accept: 'text/html, text/plain' }, { accept: 'text/plain, text/html' }],
    ['accept', { accept: 'application/json;v=A' }, { accept: 'application/json;v=a' }],
    ['foo, bar', { foo: '1', bar: '1' }, { foo: '1', bar: '2' }],
  ])('%s: %j is another request than %j', (vary, one, other) => {
    expect(matches(vary, one, other)).toBe(false);
  });

  const inGerman = (vary: string, one: Record<string, string>, asked: string, fields: Record<string, string>) =>
    matches(vary, one, { 'accept-language': asked }, fields);

  it.each([
    ['fr;q=0.5, de;q=1.0', 'de'],
    ['DE', 'de'],
    ['de, *;q=0.1', 'De'],
    ['de-CH, de;q=0.9', 'de-ch'],
  ])('gives %s a reply in %s, which is what its caller prefers to all others', (asked, language) => {
    expect(inGerman('accept-language', {}, asked, { 'content-language': language })).toBe(true);
  });

  it.each([
    ['fr;q=0.5, de;q=0.5', 'de'],
    ['fr, de', 'de'],
    ['fr, de;q=0.9', 'de'],
    ['de;q=0', 'de'],
    ['*', 'de'],
    ['de', 'de-ch'],
    ['de-ch', 'de'],
    ['de', 'de, en'],
    ['de', ''],
    ['de, d_e;q=0.1', 'de'],
    ['de, de;q=0.1', 'de'],
  ])('gives %s no reply in %j, while there may be a better one', (asked, language) => {
    expect(inGerman('accept-language', {}, asked, { 'content-language': language })).toBe(false);
  });

  it('knows the language of a reply for what Vary says of languages alone', () => {
    expect(inGerman('accept-language, foo', { foo: '1' }, 'de', { 'content-language': 'de' })).toBe(false);
    expect(inGerman('foo', { foo: '1' }, 'de', { 'content-language': 'de' })).toBe(false);
  });

  it.each(['constructor', '__proto__', 'toString'])('takes %s for a header that the request does not have', (name) => {
    expect(matches(name, {}, {})).toBe(true);
    expect(selectionOf({ vary: name }, {})).toEqual([[name.toLowerCase(), undefined]]);
  });

  it('needs no long time for a value of many spaces', () => {
    const value = `en${' '.repeat(200_000)}x`;
    const startedAt = cpuMs();
    expect(matches('accept-language', { 'accept-language': value }, { 'accept-language': value })).toBe(true);
    expect(cpuMs() - startedAt).toBeLessThan(2_000); // with the square it were minutes
  });

  it('selects the request itself, whatever its values are', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('foo', 'accept', 'accept-language'), (value, name) => {
        expect(matches(name, { [name]: value }, { [name]: value })).toBe(true);
      }),
    );
  });
});
