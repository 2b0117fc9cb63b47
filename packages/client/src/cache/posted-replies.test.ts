import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { CachedCalls } from '../../test-fixtures/cached-calls.ts';
import { someReply } from '../../test-fixtures/sample.ts';
import { settled } from '../testing/virtual-clock.ts';
import { Reply, type ReplyHeaders } from '../transport/reply.ts';

const path = '/api/things/7';
const fresh = { 'cache-control': 'max-age=60', 'content-location': path };
const post = { method: 'POST', safety: 'unsafe', path } as const;
const origin = { operation: 'POST /', endpoint: 'http://a', attempts: 1 };

/** A service that answers POST like this, and GET with `read`. */
function service(headers: ReplyHeaders, status = 200, options = {}): CachedCalls {
  return new CachedCalls(options).always(({ method }) =>
    method === 'POST' ? someReply(status, headers, 'posted') : someReply(200, {}, 'read'),
  );
}

async function readAfter(calls: CachedCalls, overrides: Parameters<CachedCalls['send']>[0] = {}) {
  await calls.send({ ...post, ...overrides });
  return (await calls.send({ path })).body;
}

describe('a reply to POST (RFC 9110 §9.3.3)', () => {
  it('answers later GETs and HEADs where it is what they would get, for as long as it is fresh', async () => {
    const calls = service(fresh);
    const { headers } = await calls.send(post);
    expect(headers['cache-status']).toBe('parley; fwd=method; stored');
    expect(await calls.send({ path })).toMatchObject({ body: 'posted', headers: { age: '0' } });
    expect((await calls.send({ path, method: 'HEAD' })).status).toBe(200);
    await calls.pass(61);
    expect((await calls.send({ path })).body).toBe('read');
    expect(calls.requests).toHaveLength(2);
  });

  it('replaces what is stored', async () => {
    const calls = service(fresh);
    calls.answer(() => someReply(200, { 'cache-control': 'max-age=60' }, 'before'));
    await calls.send({ path });
    expect(await readAfter(calls)).toBe('posted');
  });

  it.each<[string, ReplyHeaders, number]>([
    ['has no Content-Location', { ...fresh, 'content-location': undefined }, 200],
    ['is of another resource', { ...fresh, 'content-location': '/api/things/8' }, 200],
    ['is of another query', { ...fresh, 'content-location': `${path}?page=1` }, 200],
    ['is of another origin', { ...fresh, 'content-location': `http://elsewhere${path}` }, 200],
    ['does not say how long it is fresh', { 'content-location': path, etag: '"a"' }, 200],
    ['does not say so, but is public', { 'content-location': path, etag: '"a"', 'cache-control': 'public' }, 200],
    ['has no-store', { ...fresh, 'cache-control': 'max-age=60, no-store' }, 200],
    ['sets a cookie', { ...fresh, 'set-cookie': ['id=1'] }, 200],
    ['is a 201', fresh, 201],
    ['is a 404', fresh, 404],
    ['is a 206', fresh, 206],
  ])('answers no GET where it %s', async (_, headers, status) => {
    expect(await readAfter(service(headers, status))).toBe('read');
  });

  it.each([{ 'cache-control': 'no-store' }, { 'if-match': '"a"' }, { range: 'bytes=0-1' }])(
    'answers no GET where its request has %j',
    async (headers) => {
      expect(await readAfter(service(fresh), { headers })).toBe('read');
    },
  );

  it.each(['PUT', 'PATCH', 'DELETE', 'QUERY'])('is no reply to %s', async (method) => {
    const calls = new CachedCalls().answer(() => someReply(200, fresh, 'posted'));
    await calls.send({ ...post, method });
    await calls.send({ path });
    expect(calls.requests).toHaveLength(2);
  });

  it('answers no GET where a redirect led to it, nor where code of the user runs below', async () => {
    const redirected = { ...origin, redirected: { method: 'POST', path } };
    const calls = service(fresh);
    calls.answer(() => new Reply(200, fresh, 'posted', redirected));
    expect(await readAfter(calls)).toBe('read');
    const others = service(fresh);
    others.hasUserCode = true;
    expect(await readAfter(others)).toBe('read');
  });

  it('is for its caller alone in a private cache', async () => {
    const calls = service(fresh);
    await calls.send({ ...post, headers: { authorization: 'alice' } });
    expect((await calls.send({ path, headers: { authorization: 'bob' } })).body).toBe('read');
    expect((await calls.send({ path })).body).toBe('read');
    expect((await calls.send({ path, headers: { authorization: 'alice' } })).body).toBe('posted');
  });

  it.each([
    ['max-age=60', 'read'],
    ['private, max-age=60', 'read'],
    ['public, private="", max-age=60', 'read'],
    ['public, max-age=60', 'posted'],
  ])('with Authorization is for all in a shared cache only if it says so: %s', async (field, expected) => {
    const calls = service({ ...fresh, 'cache-control': field }, 200, { shared: true });
    expect(await readAfter(calls, { headers: { authorization: 'alice' } })).toBe(expected);
  });

  it('is selected by what its request had, as Vary says', async () => {
    const calls = service({ ...fresh, vary: 'x-own' });
    await calls.send({ ...post, headers: { 'x-own': '1' } });
    expect((await calls.send({ path, headers: { 'x-own': '2' } })).body).toBe('read');
    expect((await calls.send({ path, headers: { 'x-own': '1' } })).body).toBe('posted');
  });

  it('is outdated by a write that ended while it was on its way, and by a later one', async () => {
    const calls = service(fresh);
    const held = Promise.withResolvers<Reply>();
    calls.answer(
      () => held.promise,
      () => someReply(204, {}, ''),
    );
    const first = calls.send(post);
    await calls.send({ ...post, method: 'PUT' });
    held.resolve(someReply(200, fresh, 'posted'));
    await first;
    expect((await calls.send({ path })).body).toBe('read');
    await calls.send(post);
    await calls.send({ ...post, method: 'DELETE' });
    expect((await calls.send({ path })).body).toBe('read');
  });

  it('keeps out a GET that was on its way', async () => {
    const calls = service(fresh);
    const held = Promise.withResolvers<Reply>();
    calls.answer(() => held.promise);
    const before = calls.send({ path });
    await calls.send(post);
    held.resolve(someReply(200, { 'cache-control': 'max-age=60' }, 'before'));
    expect((await before).body).toBe('before');
    expect((await calls.send({ path })).body).toBe('posted');
  });
});

describe('a reply to POST that is a stream', () => {
  const streamed = { ...post, replyAs: 'stream' } as const;
  const read = async (calls: CachedCalls) => String((await calls.send({ path, replyAs: 'bytes' })).body);

  function streaming(body: () => Readable, headers: ReplyHeaders = fresh, options = {}): CachedCalls {
    return new CachedCalls(options).always(({ method }) =>
      method === 'GET' ? new Reply(200, {}, Buffer.from('read'), origin) : new Reply(200, headers, body(), origin),
    );
  }

  it('is stored when it has been read to its end', async () => {
    const calls = streaming(() => Readable.from([Buffer.from('pos'), Buffer.from('ted')]));
    const { body } = await calls.send(streamed);
    expect(await text(body as Readable)).toBe('posted');
    expect(await read(calls)).toBe('posted');
  });

  it('passes as it is where it cannot be stored', async () => {
    const body = Readable.from([Buffer.from('posted')]);
    const calls = streaming(() => body, { 'cache-control': 'max-age=60' });
    expect((await calls.send(streamed)).body).toBe(body);
    const encoded = streaming(() => body, { ...fresh, 'content-encoding': 'gzip' });
    expect((await encoded.send(streamed)).body).toBe(body);
  });

  it('is not stored where it is larger than one entry may be', async () => {
    const chunk = Buffer.alloc(1500, 'x');
    const calls = streaming(() => Readable.from([chunk, chunk]), fresh, { maxBytes: 65_536, maxEntryBytes: 2048 });
    expect((await text((await calls.send(streamed)).body as Readable)).length).toBe(3000);
    expect(await read(calls)).toBe('read');
  });

  it('is not stored where it breaks, and its reader learns of that', async () => {
    const calls = streaming(() =>
      Readable.from(
        (async function* () {
          yield Buffer.from('pos');
          throw new Error('cut off');
        })(),
      ),
    );
    const { body } = await calls.send(streamed);
    await expect(text(body as Readable)).rejects.toThrow('cut off');
    expect(await read(calls)).toBe('read');
  });

  it('ends at its service where its reader ends it, and is not stored', async () => {
    const body = new Readable({ read() {} });
    const calls = streaming(() => body);
    ((await calls.send(streamed)).body as Readable).destroy();
    await settled();
    await new Promise<void>((resolve) => (body.destroyed ? resolve() : body.once('close', resolve)));
    expect(await read(calls)).toBe('read');
  });

  it('that breaks while nobody reads does no harm', async () => {
    const body = new Readable({ read() {} });
    const calls = streaming(() => body);
    await calls.send(streamed);
    body.destroy(new Error('cut off'));
    await new Promise((resolve) => body.once('close', resolve));
    expect(await read(calls)).toBe('read');
  });

  it.each(['PUT', 'GET'])('is not stored over what a %s brought meanwhile', async (method) => {
    const calls = streaming(() => Readable.from([Buffer.from('posted')]));
    const { body } = await calls.send(streamed);
    calls.answer(() => new Reply(200, { 'cache-control': 'max-age=60' }, Buffer.from('newer'), origin));
    await calls.send({ method, path, replyAs: 'bytes' });
    await text(body as Readable);
    expect(await read(calls)).toBe(method === 'PUT' ? 'read' : 'newer');
  });
});
