import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseTracestate } from './trace-state.ts';

const keyCharacters = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/@';
const first = fc.constantFrom(...keyCharacters.slice(0, 36));
const rest = fc.string({ unit: fc.constantFrom(...keyCharacters), maxLength: 20 });
const character = fc
  .integer({ min: 0x21, max: 0x7e })
  .map((code) => String.fromCharCode(code))
  .filter((one) => one !== ',' && one !== '=');
const member = fc
  .tuple(first, rest, fc.string({ unit: character, minLength: 1, maxLength: 20 }))
  .map(([start, key, value]) => `${start}${key}=${value}`);

describe('parseTracestate', () => {
  it('keeps well-formed members in their order, without what is between them', () => {
    const between = fc.constantFrom(',', ', ', ' \t,', ',,', ', ,\t');
    const lists = fc.array(fc.tuple(member, between), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(lists, (list) => {
        const header = list.map(([text, separator]) => text + separator).join('');
        expect(parseTracestate(header)).toBe(list.map(([text]) => text).join(','));
      }),
    );
  });

  it.each([
    '=1',
    'a',
    'a=',
    'a= ',
    'a=b=c',
    'a=1,b',
    'A=1',
    '_a=1',
    '@a=1',
    'a b=1',
    'a.b=1',
    'é=1',
    'a=é',
    'a=\u007f',
    'a=\t1\u0000',
    `${'a'.repeat(257)}=1`,
    `a=${'b'.repeat(257)}`,
  ])('drops all of a list with the malformed member of %j', (header) => {
    expect(parseTracestate(header)).toBeUndefined();
    expect(parseTracestate(`x=y,${header},y=z`)).toBeUndefined();
  });

  it.each([undefined, '', ',', ' , \t,'])('is nothing for %j', (header) => {
    expect(parseTracestate(header)).toBeUndefined();
  });

  it('drops a list of more than 32 members, of which empty ones do not count', () => {
    const members = Array.from({ length: 33 }, (_, index) => `a${index}=1`);
    expect(parseTracestate(members.join(','))).toBeUndefined();
    expect(parseTracestate(`,,${members.slice(1).join(',,')}`)).toBe(members.slice(1).join(','));
  });

  it('leaves out members beyond 128 characters where a list is longer than 512, then members at its end', () => {
    const of = (key: string, length: number) => `${key}=`.padEnd(length, 'x');
    const fits = [of('a', 200), of('b', 200), of('c', 110)];
    expect(parseTracestate(fits.join(','))).toBe(fits.join(','));
    const long = [of('a', 100), of('b', 129), of('c', 128), of('d', 128), of('e', 128)];
    expect(parseTracestate(long.join(','))).toBe([long[0], ...long.slice(2)].join(','));
    const many = Array.from({ length: 6 }, (_, index) => of(`a${index}`, 128));
    expect(parseTracestate(many.join(','))).toBe(many.slice(0, 3).join(','));
  });

  it('never throws, and gives what it would keep again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.array(fc.oneof(member, fc.string())).map(String)), (header) => {
        const kept = parseTracestate(header);
        expect(parseTracestate(kept)).toBe(kept);
        expect(kept?.length ?? 0).toBeLessThanOrEqual(512);
      }),
    );
  });
});
