import { describe, expect, it } from '@jest/globals';
import { askedRange } from '@parley/contract';
import { CachedCalls } from '../../test-fixtures/cached-calls.ts';
import type { Call } from '../layer.ts';
import type { CacheOptions } from '../options/cache-options.ts';
import { Reply, type ReplyHeaders } from '../transport/reply.ts';

const text = '0123456789';
const origin = { operation: 'GET /', endpoint: 'http://a', attempts: 1 };
const fresh = { 'cache-control': 'max-age=60', etag: '"a"' };

function part(start: number, end: number, headers: ReplyHeaders = fresh, whole = text): () => Reply {
  const body = Buffer.from(whole.slice(start, end + 1));
  const range = `bytes ${start}-${end}/${whole.length}`;
  const fields = { 'content-length': String(body.length), 'content-range': range, ...headers };
  return () => new Reply(206, fields, body, origin);
}

function full(headers: ReplyHeaders = fresh, whole = text): () => Reply {
  return () => new Reply(200, { 'content-length': String(whole.length), ...headers }, Buffer.from(whole), origin);
}

class RangedCalls extends CachedCalls {
  /** Status and body of the reply. */
  async ask(range?: string, overrides: Partial<Call> = {}): Promise<string> {
    const headers = { ...overrides.headers, ...(range !== undefined && { range: `bytes=${range}` }) };
    const { status, body } = await this.send({ replyAs: 'bytes', ...overrides, headers });
    return `${status} ${body}`;
  }

  /** What the service was asked for: a range, with the tag that it needs, or all of it. */
  get asked(): readonly string[] {
    return this.requests.map(({ headers: { range = 'all', 'if-range': tag } }) => (tag ? `${range} if ${tag}` : range));
  }
}

/** A service with ranges and If-Range. */
function ranged(options: CacheOptions = {}, headers: () => ReplyHeaders = () => fresh, whole = () => text) {
  return new RangedCalls(options).always(({ headers: { range, 'if-range': tag } }) => {
    const fields = headers();
    const found = range === undefined || (tag && tag !== fields.etag) ? undefined : askedRange(range, whole().length);
    return typeof found === 'object' ? part(found.start, found.end, fields, whole())() : full(fields, whole())();
  }) as RangedCalls;
}

describe('a part that is stored (RFC 9111 §3.3)', () => {
  it.each([
    ['4-8', '206 45678'],
    ['5-6', '206 56'],
    ['8-8', '206 8'],
  ])('answers for what it has: %s', async (range, expected) => {
    const calls = ranged();
    await calls.ask('4-8');
    expect(await calls.ask(range)).toBe(expected);
    expect([calls.asked, calls.uses]).toEqual([['bytes=4-8'], ['miss', 'hit']]);
  });

  it.each(['5-', '-3', '-1', '7-99'])('answers for the end where it has that: %s', async (range) => {
    const calls = ranged();
    await calls.ask('-5');
    const { start, end } = askedRange(`bytes=${range}`, 10) as { start: number; end: number };
    expect(await calls.ask(range)).toBe(`206 ${text.slice(start, end + 1)}`);
    expect(calls.requests).toHaveLength(1);
  });

  it('says which part it gives, how old it is, and where it is from', async () => {
    const calls = ranged();
    const first = await calls.send({ replyAs: 'bytes', headers: { range: 'bytes=4-8' } });
    expect(first.headers['cache-status']).toBe('parley; fwd=uri-miss; stored');
    await calls.pass(7);
    const { headers } = await calls.send({ replyAs: 'bytes', headers: { range: 'bytes=5-6' } });
    expect(headers).toMatchObject({ 'content-range': 'bytes 5-6/10', 'content-length': '2', age: '7', etag: '"a"' });
    expect(headers['cache-status']).toBe('parley; hit; ttl=53');
  });

  it.each(['0-4', '3-5', '8-9', '9-', '-1', '-10', '0-', '20-', '5-6,7-8'])(
    'does not answer for what it does not have: %s',
    async (range) => {
      const calls = ranged();
      await calls.ask('4-8');
      await calls.ask(range);
      expect(calls.requests).toHaveLength(2);
    },
  );

  it('grows by what touches it, of the same version, until it is whole', async () => {
    const calls = ranged();
    for (const range of ['4-5', '6-7', '2-4', '8-9']) await calls.ask(range);
    expect(await calls.ask('2-9')).toBe('206 23456789');
    await calls.ask('0-2');
    expect(await calls.ask()).toBe('200 0123456789');
    expect(await calls.ask('1-')).toBe('206 123456789');
    expect(calls.requests).toHaveLength(5);
  });

  it('is not used once it is stale, nor instead of a failure', async () => {
    const calls = ranged({ staleIfUnreachableS: 60 });
    await calls.ask('4-8');
    await calls.pass(61);
    calls.answer(() => new Reply(503, {}, Buffer.from('failed'), origin));
    expect(await calls.ask('4-8')).toBe('503 failed');
    expect(await calls.ask('4-8')).toBe('206 45678');
    expect(calls.requests).toHaveLength(3);
  });

  it.each(['no-cache', 'max-age=0', 'no-store'])('is not used for a request with %s', async (field) => {
    const calls = ranged();
    await calls.ask('4-8');
    await calls.ask('4-8', { headers: { 'cache-control': field } });
    expect(calls.requests).toHaveLength(2);
  });

  it('is all that only-if-cached gets', async () => {
    const calls = ranged();
    const onlyCached = { headers: { 'cache-control': 'only-if-cached' } };
    await calls.ask('4-8');
    expect(await calls.ask('4-8', onlyCached)).toBe('206 45678');
    expect(await calls.ask('0-8', onlyCached)).toMatch(/^504/);
    expect(calls.requests).toHaveLength(1);
  });

  it.each<[string, () => Reply]>([
    ['whose bytes are fewer than its Content-Range says', part(4, 8, { ...fresh, 'content-range': 'bytes 4-9/10' })],
    ['without Content-Range', part(4, 8, { ...fresh, 'content-range': undefined })],
    ['of several parts', part(4, 8, { ...fresh, 'content-type': 'multipart/byteranges; boundary=x' })],
    ['beyond the end', part(4, 8, { ...fresh, 'content-range': 'bytes 4-8/7' })],
    ['of no known length', part(4, 8, { ...fresh, 'content-range': 'bytes 4-8/*' })],
    ['with no-store', part(4, 8, { ...fresh, 'cache-control': 'no-store' })],
    ['of Vary: *', part(4, 8, { ...fresh, vary: '*' })],
    ['that sets a cookie', part(4, 8, { ...fresh, 'set-cookie': ['id=1'] })],
  ])('is none %s', async (_, answer) => {
    const calls = new RangedCalls().always(answer) as RangedCalls;
    await calls.ask('4-8');
    await calls.ask('4-8');
    expect(calls.requests).toHaveLength(2);
  });

  it.each([{ 'if-range': '"a"' }, { 'if-range': 'Sun, 06 Nov 1994 08:49:37 GMT' }, { 'if-match': '"a"' }])(
    'is left to the service with %j, and what comes is not stored',
    async (headers) => {
      const calls = new RangedCalls().always(part(4, 8)) as RangedCalls;
      await calls.ask('4-8', { headers });
      await calls.ask('4-8');
      await calls.ask('4-8', { headers });
      expect(calls.requests).toHaveLength(3);
    },
  );

  it('is not made of a 206 that no range was asked for', async () => {
    const calls = new RangedCalls().always(part(4, 8)) as RangedCalls;
    await calls.ask();
    await calls.ask('4-8');
    expect(calls.requests).toHaveLength(2);
  });

  it('is one for each value of what Vary names', async () => {
    const calls = new RangedCalls().always(({ headers }) =>
      part(4, 8, { ...fresh, vary: 'x-own' }, headers['x-own'] === '1' ? text : 'abcdefghij')(),
    ) as RangedCalls;
    const got = [];
    for (const own of ['1', '2', '1', '2']) got.push(await calls.ask('4-8', { headers: { 'x-own': own } }));
    expect(got).toEqual(['206 45678', '206 efghi', '206 45678', '206 efghi']);
    expect(calls.requests).toHaveLength(2);
  });

  it('counts as bytes of the cache, and is not stored where it is larger than one entry may be', async () => {
    const large = 'x'.repeat(8000);
    const calls = ranged({ maxBytes: 65_536, maxEntryBytes: 4096 }, undefined, () => large);
    for (let call = 0; call < 2; call++) await calls.ask('0-4999');
    for (let call = 0; call < 2; call++) await calls.ask('0-999');
    expect(calls.requests).toHaveLength(3);
  });

  it('stores a reply that is whole, of a service without ranges', async () => {
    const calls = new RangedCalls().always(full()) as RangedCalls;
    expect(await calls.ask('4-8')).toBe('200 0123456789');
    expect(await calls.ask('4-8')).toBe('206 45678');
    expect(calls.requests).toHaveLength(1);
  });
});

describe('a part of an older version', () => {
  const two = { ...fresh, etag: '"b"' };

  it.each<[string, ReplyHeaders, string]>([
    ['another tag', two, text],
    ['a weak tag', { ...fresh, etag: 'W/"a"' }, text],
    ['another length', fresh, `${text}A`],
    ['other bytes where both overlap', fresh, '0123X56789'],
  ])('gives way to one with %s', async (_, headers, whole) => {
    const calls = new RangedCalls() as RangedCalls;
    calls.answer(part(2, 4), part(4, 6, headers, whole)).always(full(two, 'another one'));
    await calls.ask('2-4');
    await calls.ask('4-6');
    expect(await calls.ask('4-6')).toBe(`206 ${whole.slice(4, 7)}`);
    expect(calls.requests).toHaveLength(2);
    expect(await calls.ask('2-4')).toBe('200 another one');
  });

  it.each<[string, () => Reply]>([
    ['a reply that is whole', full(two, 'another one')],
    ['a reply that is whole and must not be stored', full({ 'cache-control': 'no-store' }, 'another one')],
    ['a 404', () => new Reply(404, {}, Buffer.from('gone'), origin)],
    ['a 416', () => new Reply(416, {}, Buffer.from('gone'), origin)],
    ['a part that must not be stored', part(0, 1, { etag: '"b"', 'cache-control': 'no-store' })],
    ['a part that contradicts itself', part(0, 1, { etag: '"b"', 'content-range': 'bytes 0-5/10' })],
  ])('leaves with %s', async (_, answer) => {
    const calls = ranged();
    await calls.ask('4-8');
    calls.answer(answer);
    await calls.ask('0-1');
    calls.answer(part(4, 8, two, 'ABCDEFGHIJ'));
    expect(await calls.ask('4-8')).not.toBe('206 45678');
  });

  it('makes the stored whole leave that it is not of', async () => {
    const stale = { ...fresh, 'cache-control': 'max-age=1, stale-if-error=60' };
    const calls = new RangedCalls() as RangedCalls;
    calls.answer(full(stale), part(0, 1, two, 'ABCDEFGHIJ'));
    calls.always(() => new Reply(503, {}, Buffer.from('failed'), origin));
    await calls.ask();
    await calls.pass(2);
    expect(await calls.ask('0-1')).toBe('206 AB');
    expect(await calls.ask()).toBe('503 failed');
  });

  it('makes the stored whole leave where neither has a tag', async () => {
    const untagged = { 'cache-control': 'max-age=1, stale-if-error=60' };
    const calls = new RangedCalls() as RangedCalls;
    calls.answer(full(untagged), part(0, 1, untagged, 'ABCDEFGHIJ'));
    calls.always(() => new Reply(503, {}, Buffer.from('failed'), origin));
    await calls.ask();
    await calls.pass(2);
    await calls.ask('0-1');
    expect(await calls.ask()).toBe('503 failed');
  });

  it.each<[string, ReplyHeaders, number]>([
    ['another tag', two, 200],
    ['another length', { ...fresh, 'content-length': '11' }, 200],
    ['another status', fresh, 404],
  ])('leaves with a HEAD of %s (§4.3.5)', async (_, headers, status) => {
    const calls = ranged();
    await calls.ask('4-8');
    calls.answer(() => new Reply(status, headers, Buffer.alloc(0), origin));
    await calls.send({ method: 'HEAD', replyAs: 'bytes' });
    await calls.ask('4-8');
    expect(calls.requests).toHaveLength(3);
  });

  it('stays where a redirect led elsewhere', async () => {
    const calls = ranged();
    await calls.ask('4-8');
    const redirected = { ...origin, redirected: { method: 'GET', path: '/other' } };
    calls.answer(() => new Reply(206, part(0, 1)().headers, Buffer.from('AB'), redirected));
    expect(await calls.ask('0-1')).toBe('206 AB');
    expect(await calls.ask('4-8')).toBe('206 45678');
    expect(calls.requests).toHaveLength(2);
  });

  it('leaves with a write, and one that was on its way during a write is not stored', async () => {
    const calls = ranged();
    const write = { method: 'PUT', safety: 'unsafe' } as const;
    await calls.ask('4-8');
    await calls.send(write);
    const held = Promise.withResolvers<Reply>();
    calls.answer(() => held.promise);
    const onItsWay = calls.ask('4-8');
    await calls.send(write);
    held.resolve(part(4, 8)());
    await onItsWay;
    await calls.ask('4-8');
    expect(calls.asked).toEqual(['bytes=4-8', 'all', 'bytes=4-8', 'all', 'bytes=4-8']);
  });
});

describe('the rest of a part (RFC 9111 §3.4)', () => {
  it('is asked for alone, and both are stored as a whole', async () => {
    const calls = ranged({}, () => ({ ...fresh, 'x-own': String(calls.requests.length) }));
    await calls.ask('0-4');
    await calls.pass(100); // stale by now: its tag says whether it still holds
    const { status, body, headers } = await calls.send({ replyAs: 'bytes' });
    expect([status, String(body)]).toEqual([200, text]);
    expect(headers).toMatchObject({ 'content-length': '10', 'x-own': '2' });
    expect(headers).not.toHaveProperty('content-range');
    expect(headers['cache-status']).toBe('parley; fwd=partial; stored');
    expect(await calls.ask()).toBe('200 0123456789');
    expect(calls.asked).toEqual(['bytes=0-4', 'bytes=5- if "a"']);
    expect(calls.uses).toEqual(['miss', 'miss', 'hit']);
  });

  it('is asked for once for all calls that wait', async () => {
    const calls = ranged();
    await calls.ask('0-4');
    const got = await Promise.all([calls.ask(), calls.ask(), calls.ask()]);
    expect(got).toEqual(Array(3).fill('200 0123456789'));
    expect(calls.requests).toHaveLength(2);
  });

  it('comes with all of it where there is another version', async () => {
    let [etag, whole] = ['"a"', text];
    const calls = ranged(
      {},
      () => ({ ...fresh, etag }),
      () => whole,
    );
    await calls.ask('0-4');
    [etag, whole] = ['"b"', 'ABCDEFGHIJ'];
    expect(await calls.ask()).toBe('200 ABCDEFGHIJ');
    expect(await calls.ask('0-4')).toBe('206 ABCDE');
    expect(calls.asked).toEqual(['bytes=0-4', 'bytes=5- if "a"']);
  });

  it.each<[string, () => Reply]>([
    ['of another version, against If-Range', part(5, 9, { ...fresh, etag: '"b"' }, 'ABCDEFGHIJ')],
    ['with a weak tag', part(5, 9, { ...fresh, etag: 'W/"a"' })],
    ['without a tag', part(5, 9, { 'cache-control': 'max-age=60' })],
    ['of another length', part(5, 10, fresh, `${text}A`)],
    ['with a gap', part(6, 9)],
    ['that is not all of it', part(5, 7)],
    ['that contradicts itself', part(5, 9, { ...fresh, 'content-range': 'bytes 5-8/10' })],
    ['that contradicts what is there', part(4, 9, fresh, '0123X56789')],
    ['of several parts', part(5, 9, { ...fresh, 'content-type': 'multipart/byteranges' })],
    ['that is not there', () => new Reply(416, { 'content-range': 'bytes */3' }, Buffer.from(''), origin)],
    [
      'of another resource, where a redirect led',
      () =>
        new Reply(206, part(5, 9)().headers, part(5, 9)().body, {
          ...origin,
          redirected: { method: 'GET', path: '/' },
        }),
    ],
  ])('is not combined %s: all of it is asked for again', async (_, answer) => {
    const calls = ranged();
    await calls.ask('0-4');
    calls.answer(answer, full({ ...fresh, etag: '"c"' }, 'another one'));
    expect(await calls.ask()).toBe('200 another one');
    expect(calls.asked).toEqual(['bytes=0-4', 'bytes=5- if "a"', 'all']);
    expect(await calls.ask('0-4')).toBe('206 anoth');
  });

  it('may fail as any request does, and the part stays', async () => {
    const calls = ranged();
    await calls.ask('0-4');
    calls.answer(() => new Reply(503, {}, Buffer.from('failed'), origin));
    expect(await calls.ask()).toBe('503 failed');
    expect(await calls.ask()).toBe('200 0123456789');
    expect(calls.asked.slice(1)).toEqual(['bytes=5- if "a"', 'bytes=5- if "a"']);
  });

  it.each<[string, string, ReplyHeaders, Record<string, string>]>([
    ['the beginning is missing', '4-8', fresh, {}],
    ['the tag is weak', '0-4', { ...fresh, etag: 'W/"a"' }, {}],
    [
      'there is a date alone',
      '0-4',
      { 'cache-control': 'max-age=60', 'last-modified': 'Sun, 06 Nov 1994 08:49:37 GMT' },
      {},
    ],
    ['the caller has conditions', '0-4', fresh, { 'if-none-match': '"x"' }],
  ])('is not asked for where %s', async (_, range, fields, headers) => {
    const calls = ranged({}, () => fields);
    await calls.ask(range);
    expect(await calls.ask(undefined, { headers })).toBe('200 0123456789');
    expect(calls.asked[1]).toBe('all');
  });

  it('is given to its caller and not stored where it must not be', async () => {
    const calls = ranged();
    await calls.ask('0-4');
    calls.answer(part(5, 9, { ...fresh, 'cache-control': 'no-store' }));
    expect(await calls.ask()).toBe('200 0123456789');
    await calls.ask();
    expect(calls.asked.slice(2)).toEqual(['all']);
  });
});

describe('the parts of callers', () => {
  const alice = { headers: { authorization: 'alice' } };
  const bob = { headers: { authorization: 'bob' } };
  const own = (options: CacheOptions, cacheControl: string) =>
    new RangedCalls(options).always(({ headers: { range, authorization = 'anyone' } }) => {
      const whole = authorization.padEnd(10, '.');
      const found = askedRange(range ?? 'bytes=0-', 10) as { start: number; end: number };
      const fields = { ...fresh, 'cache-control': cacheControl };
      return range === undefined ? full(fields, whole)() : part(found.start, found.end, fields, whole)();
    }) as RangedCalls;

  it('are apart in a private cache, under the same tag too', async () => {
    const calls = own({}, 'private, max-age=60');
    for (const call of [alice, bob, {}]) await calls.ask('0-4', call);
    expect([await calls.ask('0-4', alice), await calls.ask('0-4', bob), await calls.ask('0-4')]).toEqual([
      '206 alice',
      '206 bob..',
      '206 anyon',
    ]);
    expect(calls.requests).toHaveLength(3);
    expect([await calls.ask(undefined, alice), await calls.ask(undefined, bob)]).toEqual([
      '200 alice.....',
      '200 bob.......',
    ]);
  });

  it.each(['max-age=60', 'private, max-age=60', 'public, private="", max-age=60', 'public, max-age=60, "'])(
    'are not stored in a shared cache with %s',
    async (cacheControl) => {
      const calls = own({ shared: true }, cacheControl);
      await calls.ask('0-4', alice);
      expect(await calls.ask('0-4', bob)).toBe('206 bob..');
    },
  );

  it('are not completed in a shared cache for a caller with credentials', async () => {
    const calls = own({ shared: true }, 'max-age=60');
    await calls.ask('0-4');
    expect(await calls.ask(undefined, alice)).toBe('200 alice.....');
    expect(calls.asked[1]).toBe('all');
  });

  it('are not mixed in a shared cache with what is for one caller', async () => {
    const calls = own({ shared: true }, 'max-age=60');
    await calls.ask('0-4');
    await calls.ask('5-9', alice);
    expect(await calls.ask()).toBe('200 anyone....');
  });

  // The fields of a part stay where a later one does not name them: `public` must not cover what came without it.
  it('are not stored in a shared cache as what another part allows', async () => {
    const secret = (start: number, end: number) => part(start, end, { etag: '"a"' }, 'alice.....');
    const calls = new RangedCalls({ shared: true }) as RangedCalls;
    calls.answer(part(0, 4, { ...fresh, 'cache-control': 'public, max-age=60' }, 'anyone....'), secret(5, 9));
    await calls.ask('0-4');
    await calls.ask('5-9', alice);
    calls.always(full(fresh, 'for anyone'));
    expect([await calls.ask('5-9'), await calls.ask()]).toEqual(['200 for anyone', '200 for anyone']);
  });

  it('are not stored with a cookie as what another part allows', async () => {
    const calls = new RangedCalls({}) as RangedCalls;
    calls.answer(part(0, 4, { ...fresh, 'cache-control': 'public, max-age=60' }));
    calls.answer(part(5, 9, { etag: '"a"', 'set-cookie': ['session=1'] }));
    await calls.ask('0-4');
    expect((await calls.send({ replyAs: 'bytes' })).headers).toMatchObject({ 'set-cookie': ['session=1'] });
    calls.always(full());
    expect((await calls.send({ replyAs: 'bytes' })).headers).not.toHaveProperty(['set-cookie']);
    expect(calls.asked).toEqual(['bytes=0-4', 'bytes=5- if "a"', 'all']);
  });
});
