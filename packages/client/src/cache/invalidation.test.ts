import { describe, expect, it } from '@jest/globals';
import { CachedCalls, reply } from '../../test-fixtures/cached-calls.ts';
import { someError, someReply } from '../../test-fixtures/sample.ts';
import { Reply } from '../transport/reply.ts';

const fresh = { 'cache-control': 'max-age=60' };
const write = { method: 'POST', safety: 'unsafe' } as const;

/** Paths that ask the service again after a write. */
async function askedAgain(calls: CachedCalls, paths: readonly string[]): Promise<readonly string[]> {
  const before = calls.requests.length;
  for (const path of paths) await calls.send({ path });
  return calls.requests.slice(before).map(({ path }) => path);
}

describe('invalidation by writes (RFC 9111 §4.4)', () => {
  const paths = ['/api/things/7', '/api/things', '/api/things/8', '/api/things?page=1'];
  const filled = async () => {
    const calls = new CachedCalls().always(reply(fresh));
    for (const path of paths) await calls.send({ path });
    return calls;
  };

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'M-SEARCH'])('%s makes its target outdated', async (method) => {
    const calls = await filled();
    await calls.send({ ...write, method, path: '/api/things/7' });
    expect(await askedAgain(calls, paths)).toEqual(['/api/things/7']);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])('%s does not', async (method) => {
    const calls = await filled();
    await calls.send({ method, path: '/api/things/7' });
    expect((await askedAgain(calls, paths)).length).toBe(0);
  });

  it.each([
    ['/api/things/8', true],
    ['8', true],
    ['http://a/api/things/8', true],
    ['http://things.example/api/things/8', true],
    ['http://elsewhere/api/things/8', false],
    ['//elsewhere/api/things/8', false],
    ['http://[', false],
  ])('makes what Location and Content-Location name outdated, at the same origin only: %s, %s', async (url, isOwn) => {
    for (const name of ['location', 'content-location']) {
      const calls = await filled();
      calls.answer(() => someReply(201, { [name]: url }));
      await calls.send({ ...write, path: '/api/things/', headers: { host: 'things.example' } });
      expect(await askedAgain(calls, ['/api/things/8'])).toEqual(isOwn ? ['/api/things/8'] : []);
    }
  });

  it.each([400, 409, 501, 503])('does nothing where the write was refused with %d', async (status) => {
    const calls = await filled();
    calls.answer(() => someReply(status));
    await calls.send({ ...write, path: '/api/things/7' });
    expect(await askedAgain(calls, paths)).toEqual([]);
  });

  it.each([502, 504])('takes a write for done where a gateway got no reply to it: %d', async (status) => {
    const calls = await filled();
    calls.answer(() => someReply(status, { location: '/api/things/8' }));
    await calls.send({ ...write, path: '/api/things/7' });
    expect(await askedAgain(calls, paths)).toEqual(['/api/things/7']);
  });

  it.each([200, 404])('reaches what a redirect has led to, too, whatever came of it: %d', async (status) => {
    const calls = await filled();
    const redirected = { method: 'PUT', path: '/api/things/8' };
    calls.answer(() => new Reply(status, { location: '?page=1' }, '', { ...someReply().origin, redirected }));
    await calls.send({ ...write, method: 'PUT', path: '/api/things/7' });
    expect(await askedAgain(calls, paths)).toEqual(['/api/things/7', '/api/things/8']);
  });

  it('takes a write without a reply for done, unless no server began it', async () => {
    const calls = await filled();
    calls.answer(() => someError('unavailable', { isUnprocessed: true }));
    await expect(calls.send({ ...write, path: '/api/things/7' })).rejects.toMatchObject({ code: 'unavailable' });
    expect(await askedAgain(calls, paths)).toEqual([]);
    calls.answer(() => someError('attempt_timeout'));
    await expect(calls.send({ ...write, path: '/api/things/7' })).rejects.toMatchObject({ code: 'attempt_timeout' });
    expect(await askedAgain(calls, paths)).toEqual(['/api/things/7']);
  });

  it('reaches the replies of all callers, in all forms, all variants', async () => {
    const calls = new CachedCalls().always(({ headers }) =>
      someReply(200, { ...fresh, vary: 'accept' }, headers.accept),
    );
    const asked = [{}, { authorization: 'a' }, { accept: 'text/plain' }];
    for (const headers of asked) await calls.get(headers);
    await calls.send({ ...write, path: '/api/things/7' });
    for (const headers of asked) await calls.get(headers);
    expect(calls.requests).toHaveLength(7);
  });

  it('stores no reply that was on its way during the write, and lets nobody who comes later join its request', async () => {
    const calls = new CachedCalls();
    const held = Promise.withResolvers<ReturnType<typeof someReply>>();
    calls.answer(() => held.promise);
    const slow = calls.send();
    await calls.pass(0);
    await calls.send({ ...write, path: '/api/things/7' });
    calls.always(reply(fresh, 'new'));
    expect((await calls.send()).body).toBe('new');
    held.resolve(someReply(200, fresh, 'old'));
    expect((await slow).body).toBe('old');
    expect((await calls.send()).body).toBe('new');
  });
});

describe('a write while a stored reply is validated', () => {
  it.each(['GET', 'HEAD'])('keeps it out of the cache, by %s', async (method) => {
    const validated = { 'cache-control': 'max-age=10', etag: '"a"' };
    const calls = new CachedCalls().answer(reply(validated, 'old'));
    await calls.send();
    await calls.pass(11);
    const held = Promise.withResolvers<ReturnType<typeof someReply>>();
    calls.answer(() => held.promise);
    const slow = calls.send({ method });
    await calls.pass(0);
    await calls.send({ ...write, path: '/api/things/7' });
    held.resolve(someReply(method === 'GET' ? 304 : 200, validated, ''));
    await slow;
    calls.always(reply(fresh, 'new'));
    expect((await calls.send()).body).toBe('new');
  });
});

describe('cache groups (RFC 9875)', () => {
  const grouped = async () => {
    const groups: Readonly<Record<string, string>> = { '/a': '"things", "all"', '/b': '"others"', '/c': 'things' };
    const calls = new CachedCalls().always(({ path }) =>
      someReply(200, { ...fresh, 'cache-groups': groups[path] ?? '' }),
    );
    for (const path of ['/a', '/b', '/c']) await calls.send({ path });
    return calls;
  };
  const invalidating = (groups: string) => () => someReply(204, { 'cache-group-invalidation': groups });

  it('are invalidated by the reply to a write', async () => {
    const calls = await grouped();
    calls.answer(invalidating('"things"'));
    await calls.send({ ...write, path: '/d' });
    expect(await askedAgain(calls, ['/a', '/b', '/c'])).toEqual(['/a']);
  });

  it.each([
    ['"Things"', 'are compared letter by letter'],
    ['things', 'are strings: anything else is ignored'],
    ['"things', 'are ignored where the field is malformed'],
  ])('%s: %s', async (groups) => {
    const calls = await grouped();
    calls.answer(invalidating(groups));
    await calls.send({ ...write, path: '/d' });
    expect(await askedAgain(calls, ['/a', '/b', '/c'])).toEqual([]);
  });

  it('are not invalidated by the reply to a read', async () => {
    const calls = await grouped();
    calls.answer(invalidating('"things"'));
    await calls.send({ path: '/d' });
    expect(await askedAgain(calls, ['/a', '/b', '/c'])).toEqual([]);
  });

  it('keep out a reply that was on its way during the write', async () => {
    const calls = new CachedCalls();
    const held = Promise.withResolvers<ReturnType<typeof someReply>>();
    calls.answer(() => held.promise, invalidating('"things"'));
    const slow = calls.send();
    await calls.pass(0);
    await calls.send({ ...write, path: '/d' });
    held.resolve(someReply(200, { ...fresh, 'cache-groups': '"things"' }));
    await slow;
    expect(await askedAgain(calls, ['/api/things/7'])).toEqual(['/api/things/7']);
  });
});
