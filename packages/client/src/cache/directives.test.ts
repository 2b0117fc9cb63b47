import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { listMembers, replyDirectives, requestDirectives } from './directives.ts';

describe('replyDirectives', () => {
  it('reads names in any case, with space around commas and empty members', () => {
    expect(replyDirectives(' ,MAX-age=60 ,, No-Store,')).toMatchObject({
      maxAge: 60,
      noStore: true,
      isMalformed: false,
    });
  });

  it('joins several lines', () => {
    expect(replyDirectives(['max-age=60', 'private'])).toMatchObject({ maxAge: 60, isPrivate: true });
  });

  it.each([
    ['max-age="60"', 60],
    ['max-age=0060', 60],
    ['max-age=99999999999', 2 ** 31],
    ['max-age=-1', Number.NaN],
    ['max-age=60.0', Number.NaN],
    ["max-age='60'", Number.NaN],
    ['max-age', Number.NaN],
    ['max-age=1, max-age=60', Number.NaN],
    ['max-age=60, max-age=60', 60],
    ['extension="max-age=60"', undefined],
    ['extension="a, max-age=60, \\", max-age=60"', undefined],
  ])('understands the lifetime of %s', (text, maxAge) => {
    expect(replyDirectives(text).maxAge).toBe(maxAge);
  });

  it.each([
    'private',
    'PRIVATE',
    'private=""',
    'private="x"',
    'private, private="x"',
    'private="a,b", max-age=60',
    'x="", private',
  ])('takes %s for private', (text) => {
    expect(replyDirectives(text).isPrivate).toBe(true);
  });

  it.each(['public=""', 'public="x"', 'public=yes'])('takes %s for no permission', (text) => {
    expect(replyDirectives(text).isPublic).toBe(false);
  });

  it.each(['max-age = 60', 'private="', 'max-age=60;public', 'a b', '"private"', '=1', 'public="a"b'])(
    'calls %s malformed',
    (text) => {
      expect(replyDirectives(text).isMalformed).toBe(true);
    },
  );

  it('reads any text without an error, and finds a restriction that stands by itself in it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => replyDirectives(text)).not.toThrow();
        expect(replyDirectives(`no-store,${text}`).noStore).toBe(true);
      }),
    );
  });

  it('reads back what is written, in any order and case', () => {
    const names: fc.Arbitrary<string[]> = fc.uniqueArray(
      fc.constantFrom('no-store', 'no-cache', 'private', 'must-revalidate', 'proxy-revalidate'),
    );
    fc.assert(
      fc.property(names, fc.nat(2 ** 31), (restrictions, maxAge) => {
        const read = replyDirectives(
          [...restrictions.map((name) => name.toUpperCase()), `max-age=${maxAge}`].join(' , '),
        );
        expect([
          read.noStore,
          read.noCache,
          read.isPrivate,
          read.mustRevalidate,
          read.proxyRevalidate,
          read.maxAge,
        ]).toEqual([
          ...['no-store', 'no-cache', 'private', 'must-revalidate', 'proxy-revalidate'].map((name) =>
            restrictions.includes(name),
          ),
          maxAge,
        ]);
      }),
    );
  });
});

describe('listMembers', () => {
  it('gives members that make the same list again', () => {
    const member = fc.stringMatching(/^[a-z]{1,5}(?:="(?:[a-z, ]|\\["\\]){0,6}")?$/);
    fc.assert(fc.property(fc.array(member), (members) => expect(listMembers(members.join(' , '))).toEqual(members)));
  });
});

describe('requestDirectives', () => {
  it('understands Pragma only without Cache-Control', () => {
    expect(requestDirectives(undefined, 'no-cache').noCache).toBe(true);
    expect(requestDirectives('max-age=1', 'no-cache').noCache).toBe(false);
    expect(requestDirectives(undefined, undefined).noCache).toBe(false);
  });

  it.each([
    ['max-stale', Number.POSITIVE_INFINITY],
    ['max-stale=60', 60],
    ['max-stale=x', 0],
    ['', 0],
  ])('takes %j for %d s of staleness', (text, maxStale) => {
    expect(requestDirectives(text, undefined).maxStale).toBe(maxStale);
  });
});
