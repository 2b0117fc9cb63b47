import { describe, expect, it } from '@jest/globals';
import { type CacheOptions, cacheSettings } from './cache-options.ts';
import { upstreamOptions } from './upstream-options.ts';

const given = (cache: unknown) => upstreamOptions({ cache: cache as CacheOptions }).cache;

describe('the option cache', () => {
  it('is off, or on with its defaults', () => {
    expect(cacheSettings(given(false) as boolean)).toBeUndefined();
    expect(upstreamOptions().cache).toBe(false);
    const standard = {
      shared: false,
      oneUser: false,
      maxBytes: 33_554_432,
      maxEntryBytes: 4_194_304,
      staleIfUnreachableS: 0,
      credentials: [],
    };
    expect(cacheSettings(given(true))).toEqual(standard);
    expect(cacheSettings(given({ shared: undefined }))).toEqual(standard);
  });

  it('takes own members only', () => {
    expect(cacheSettings(Object.create({ shared: true }))?.shared).toBe(false);
  });

  it('takes an eighth of its bytes for one entry, by default', () => {
    expect(cacheSettings(given({ maxBytes: 65_536 }))).toMatchObject({ maxBytes: 65_536, maxEntryBytes: 8192 });
    expect(cacheSettings(given({ maxEntryBytes: 2048 }))).toMatchObject({ maxEntryBytes: 2048 });
  });

  it.each<[unknown, string]>([
    [
      'on',
      'true, false or an object with shared, oneUser, maxBytes, maxEntryBytes, staleIfUnreachableS, credentials, not on',
    ],
    [
      null,
      'true, false or an object with shared, oneUser, maxBytes, maxEntryBytes, staleIfUnreachableS, credentials, not this one',
    ],
    [
      [],
      'true, false or an object with shared, oneUser, maxBytes, maxEntryBytes, staleIfUnreachableS, credentials, not this one',
    ],
    [
      { maxBites: 1 },
      'an object with shared, oneUser, maxBytes, maxEntryBytes, staleIfUnreachableS, credentials and no maxBites (did you mean maxBytes?), not this one',
    ],
    [
      { ttl: 1 },
      'an object with shared, oneUser, maxBytes, maxEntryBytes, staleIfUnreachableS, credentials and no ttl, not this one',
    ],
    [{ shared: true, oneUser: true }, 'an object with shared or oneUser, since one user shares nothing, not this one'],
    [{ oneUser: 1 }, 'an object whose oneUser is true or false, not this one'],
    [{ shared: 'yes' }, 'an object whose shared is true or false, not this one'],
    [{ maxBytes: 10 }, 'an object whose maxBytes is a whole number from 1024 to 4294967296, not this one'],
    [{ credentials: ['a b'] }, 'an object whose credentials is a list of names of headers, not this one'],
  ])('refuses %j', (cache, expected) => {
    expect(() => given(cache)).toThrow(new TypeError(`cache must be ${expected}`));
  });
});
