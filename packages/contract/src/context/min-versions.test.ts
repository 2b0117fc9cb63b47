import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currentContext, runInContext } from './call-context.ts';
import { MinVersions, parseMinVersions } from './min-versions.ts';
import { noteVersions } from './note-versions.ts';

describe('MinVersions', () => {
  it('keep the highest version of each service, in whatever order they come', () => {
    const versions = new MinVersions([['guestbook', 5]]);
    versions.raise('guestbook', 4);
    versions.raise('hello', 1);
    expect(String(versions)).toBe('guestbook=5, hello=1');
    expect([versions.of('guestbook'), versions.of('shop')]).toEqual([5, undefined]);
  });

  it('tell what was raised, and nothing of what they began with', () => {
    const versions = new MinVersions([['guestbook', 5]]);
    versions.raise('guestbook', 5);
    expect(versions.raised).toBeUndefined();
    versions.raise('hello', 7);
    expect(versions.raised).toBe('hello=7');
    versions.raise('guestbook', 6);
    expect(versions.raised).toBe('hello=7, guestbook=6');
  });

  it('read back what they write', () => {
    const pairs = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), fc.nat()), {
      selector: ([service]) => service,
      maxLength: 32,
    });
    fc.assert(
      fc.property(pairs, (given) => {
        expect(String(parseMinVersions(String(new MinVersions(given))) ?? '')).toBe(String(new MinVersions(given)));
      }),
    );
  });
});

describe('parseMinVersions', () => {
  it.each([
    ['guestbook=42', 'guestbook=42'],
    ['a=1,b=2 ,  a=3', 'a=3, b=2'],
    ['a=1;x=y, b=2', 'b=2'],
    ['a=-1, b=1.5, c=1e3, D=1, __proto__=1, constructor=1, =1, e', 'constructor=1'],
    [['a=1', 'b=2'], 'a=1, b=2'],
    ['a=999999999999999, b=1000000000000000', 'a=999999999999999'],
    [`${'a'.repeat(65)}=1, ${'b'.repeat(64)}=1`, `${'b'.repeat(64)}=1`],
  ])('reads %j as %j', (header, versions) => {
    expect(String(parseMinVersions(header))).toBe(versions);
  });

  it.each([undefined, '', 'guestbook', 'a=\u0661', 'a="1"'])('reads nothing in %j', (header) => {
    expect(parseMinVersions(header)).toBeUndefined();
  });

  it('knows at most 32 services, however long the header is', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => `s${n}=1`).join(', ');
    expect(String(parseMinVersions(many)).split(', ')).toHaveLength(32);
    const full = parseMinVersions(many) as MinVersions;
    full.raise('one-more', 1);
    full.raise('s0', 2);
    expect([full.of('one-more'), full.of('s0')]).toEqual([undefined, 2]);
  });
});

describe('noteVersions', () => {
  const headers = { 'x-min-versions': 'guestbook=42' };

  it('raises those of the call', () => {
    const minVersions = new MinVersions([['guestbook', 43]]);
    noteVersions({ minVersions }, { 'x-min-versions': 'guestbook=42, hello=1' });
    expect(String(minVersions)).toBe('guestbook=43, hello=1');
  });

  it('lets the request that is served have some, shared by all its later calls', () => {
    runInContext({ requestId: 'r' }, () => {
      noteVersions({ requestId: 'a copy' }, headers);
      noteVersions({}, { 'x-min-versions': 'hello=1' });
      expect(String(currentContext().minVersions)).toBe('guestbook=42, hello=1');
      expect(currentContext().minVersions?.raised).toBe('guestbook=42, hello=1');
    });
  });

  it('remembers nothing outside a request, and nothing that is malformed', () => {
    noteVersions({}, headers);
    expect(currentContext().minVersions).toBeUndefined();
    runInContext({}, () => {
      noteVersions({}, { 'x-min-versions': 'nothing' });
      noteVersions({}, {});
      expect(currentContext()).toEqual({});
    });
  });
});
