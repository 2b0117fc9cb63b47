import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { CachedCalls, reply } from '../../test-fixtures/cached-calls.ts';
import { someReply } from '../../test-fixtures/sample.ts';
import { Reply } from '../transport/reply.ts';

const fresh = { 'cache-control': 'max-age=60' };

/** Whether a second call of the same kind is answered without the service. */
async function isStored(calls: CachedCalls, overrides: Parameters<CachedCalls['send']>[0] = {}): Promise<boolean> {
  await calls.send(overrides);
  await calls.send(overrides);
  return calls.requests.length === 1;
}

describe('storing (RFC 9111 §3)', () => {
  it('keeps a reply that says how long it is fresh', async () => {
    const calls = new CachedCalls().always(reply(fresh));
    expect(await isStored(calls)).toBe(true);
    expect(calls.uses).toEqual(['miss', 'hit']);
  });

  it.each([
    'no-store, max-age=60',
    'NO-STORE, max-age=60',
    'no-store="x", max-age=60',
    'max-age=0',
    'max-age=-1',
    'max-age=1, max-age=60',
    'max-age = 60',
    'no-cache, max-age=60',
    'no-cache="x", max-age=60',
  ])('does not answer with a reply of %s', async (field) => {
    expect(await isStored(new CachedCalls().always(reply({ 'cache-control': field })))).toBe(false);
  });

  it('guesses no lifetime: there are no heuristics', async () => {
    const headers = { 'last-modified': 'Sun, 06 Nov 1994 08:49:37 GMT' };
    expect(await isStored(new CachedCalls().always(reply(headers)))).toBe(false);
  });

  it.each([200, 203, 204, 299, 300, 301, 302, 307, 308, 404, 410, 500, 503, 599])(
    'keeps a %d with a lifetime of its own',
    async (status) => {
      expect(await isStored(new CachedCalls().always(reply(fresh, 'one', status)))).toBe(true);
    },
  );

  it.each([206, 304])('keeps no %d', async (status) => {
    expect(await isStored(new CachedCalls().always(reply(fresh, 'one', status)))).toBe(false);
  });

  it('lets must-understand overrule no-store where it knows the status, and only there', async () => {
    const field = { 'cache-control': 'no-store, must-understand, max-age=60' };
    expect(await isStored(new CachedCalls().always(reply(field)))).toBe(true);
    expect(await isStored(new CachedCalls().always(reply(field, 'one', 599)))).toBe(false);
  });

  it('stores nothing for a request with no-store', async () => {
    const calls = new CachedCalls().always(reply(fresh));
    expect(await isStored(calls, { headers: { 'cache-control': 'no-store' } })).toBe(false);
    expect(calls.uses).toEqual(['bypass', 'bypass']);
  });

  it.each([['POST'], ['PUT'], ['OPTIONS'], ['QUERY']])('stores no reply to %s', async (method) => {
    expect(await isStored(new CachedCalls().always(reply(fresh)), { method })).toBe(false);
  });

  it('stores no stream, and no reply to a request for a part', async () => {
    const stream = () => new Reply(200, fresh, Readable.from(['one']), { operation: 'GET /', attempts: 1 });
    expect(await isStored(new CachedCalls().always(stream))).toBe(false);
    expect(await isStored(new CachedCalls().always(stream), { replyAs: 'stream' })).toBe(false);
    expect(await isStored(new CachedCalls().always(reply(fresh)), { headers: { range: 'bytes=0-1' } })).toBe(false);
  });

  it('stores nothing that came by a redirect: it is the reply of another resource', async () => {
    const redirected = () =>
      new Reply(200, fresh, 'one', { operation: 'GET /', attempts: 1, redirected: { method: 'GET', path: '/other' } });
    const calls = new CachedCalls().always(redirected);
    expect(await isStored(calls, { wire: { maxRedirects: 5 } })).toBe(false);
  });

  it('leaves calls alone that ask something of the wire, except for redirects', async () => {
    const calls = () => new CachedCalls().always(reply(fresh));
    expect(await isStored(calls(), { wire: { decompress: false } })).toBe(false);
    expect(await isStored(calls(), { wire: { maxRedirects: 5 } })).toBe(true);
  });

  it('gives a redirect that it has stored to nobody who follows redirects', async () => {
    const calls = new CachedCalls().always(reply({ ...fresh, location: '/other' }, '', 301));
    await calls.send();
    await calls.send({ wire: { maxRedirects: 5 } });
    expect(calls.requests).toHaveLength(2);
  });

  it('stores no fields of the connection, nor those that Connection names (§3.1)', async () => {
    const fields = {
      connection: 'close, X-Hop',
      'keep-alive': 'timeout=5',
      'x-hop': '1',
      upgrade: 'h2c',
      'x-own': '2',
    };
    const calls = new CachedCalls().always(reply({ ...fresh, ...fields, 'x-attempts-left': '1' }));
    await calls.send();
    const { headers } = await calls.send();
    expect(headers).toMatchObject({ 'x-own': '2' });
    for (const name of ['connection', 'keep-alive', 'x-hop', 'upgrade', 'x-attempts-left']) {
      expect(headers).not.toHaveProperty([name]);
    }
  });

  it('keeps texts and bytes apart', async () => {
    const calls = new CachedCalls().always((call) =>
      call.replyAs === 'text'
        ? someReply(200, fresh, 'one')
        : new Reply(200, fresh, Buffer.from('one'), { operation: '', attempts: 1 }),
    );
    await calls.send();
    const bytes = await calls.send({ replyAs: 'bytes' });
    expect(bytes.body).toEqual(Buffer.from('one'));
  });

  it('gives each caller a reply of its own to change', async () => {
    const bytes = () =>
      new Reply(200, { 'cache-control': 'public, max-age=60', 'set-cookie': ['a=1'] }, Buffer.from('one'), {
        operation: 'GET /',
        attempts: 1,
      });
    const calls = new CachedCalls().always(bytes);
    for (let call = 0; call < 3; call++) {
      const { headers, body } = await calls.send({ replyAs: 'bytes' });
      expect(String(body)).toBe('one');
      expect(headers['set-cookie']).toEqual(['a=1']);
      (body as Buffer).fill(0);
      (headers['set-cookie'] as string[]).push('b=2');
      Object.assign(headers, { 'x-changed': '1' });
    }
    expect(calls.requests).toHaveLength(1);
    expect((await calls.send({ replyAs: 'bytes' })).headers).not.toHaveProperty('x-changed');
  });

  it('is off while code of the user runs below it, which may tell callers apart', async () => {
    const calls = new CachedCalls().always(reply(fresh));
    calls.hasUserCode = true;
    expect(await isStored(calls)).toBe(false);
    expect(calls.uses).toEqual(['bypass', 'bypass']);
  });

  it('forgets what was used least recently, where its bytes are used up', async () => {
    const calls = new CachedCalls({ maxBytes: 4096, maxEntryBytes: 4096 }).always(reply(fresh, 'x'.repeat(1000)));
    for (const path of ['/1', '/2', '/1', '/3', '/1']) await calls.send({ path });
    expect(calls.requests.map(({ path }) => path)).toEqual(['/1', '/2', '/3']);
    await calls.send({ path: '/2' });
    expect(calls.requests).toHaveLength(4);
  });

  it('keeps the newest variants that fit into one entry, and all of them where a further one is too large', async () => {
    const calls = new CachedCalls({ maxBytes: 65_536, maxEntryBytes: 8192 });
    calls.always(({ headers }) => someReply(200, { ...fresh, vary: 'x-size' }, 'x'.repeat(Number(headers['x-size']))));
    for (const size of [2001, 2002, 2003, 9000, 2003, 2002]) await calls.get({ 'x-size': String(size) });
    expect(calls.requests.map(({ headers }) => headers['x-size'])).toEqual(['2001', '2002', '2003', '9000']);
    await calls.get({ 'x-size': '2001' });
    await calls.get({ 'x-size': '9000' });
    expect(calls.requests).toHaveLength(6);
  });

  it('stores nothing that is larger than one entry may be', async () => {
    const calls = new CachedCalls({ maxBytes: 65_536, maxEntryBytes: 2048 }).always(reply(fresh, 'x'.repeat(2000)));
    expect(await isStored(calls)).toBe(false);
  });
});

describe('a shared cache (RFC 9111 §3.5)', () => {
  const shared = () => new CachedCalls({ shared: true });
  const alice = { headers: { authorization: 'Bearer alice' } };

  it.each([
    'private, max-age=60',
    'private="", max-age=60',
    'private, private="x", max-age=60',
    'private="set-cookie", max-age=60',
    'max-age=60, private="',
    'max-age=60, p rivate',
  ])('stores no reply of %s', async (field) => {
    expect(await isStored(shared().always(reply({ 'cache-control': field })))).toBe(false);
  });

  it.each(['authorization', 'cookie', 'x-api-key', 'proxy-authorization'])(
    'stores no reply to a request with %s that its service has not released',
    async (name) => {
      expect(await isStored(shared().always(reply(fresh)), { headers: { [name]: 'x' } })).toBe(false);
    },
  );

  it.each(['public, max-age=60', 's-maxage=60', 'must-revalidate, max-age=60'])(
    'stores a reply to a request with Authorization that says %s, for everybody',
    async (field) => {
      const calls = shared().always(reply({ 'cache-control': field }));
      await calls.send(alice);
      await calls.send();
      await calls.send({ headers: { authorization: 'Bearer bob' } });
      expect(calls.requests).toHaveLength(1);
    },
  );

  it('stores no reply that sets a cookie, unless it is public', async () => {
    const setting = { ...fresh, 'set-cookie': ['id=1'] };
    expect(await isStored(shared().always(reply(setting)))).toBe(false);
    expect(await isStored(shared().always(reply({ ...setting, 'cache-control': 'public, max-age=60' })))).toBe(true);
  });

  it('prefers s-maxage to max-age, where a private cache does not know it', async () => {
    const field = { 'cache-control': 'max-age=60, s-maxage=0' };
    expect(await isStored(shared().always(reply(field)))).toBe(false);
    expect(await isStored(new CachedCalls().always(reply(field)))).toBe(true);
  });
});

describe('a private cache', () => {
  it.each([
    ...['authorization', 'cookie', 'proxy-authorization', 'x-api-key', 'api_key', 'private-token', 'x-forwarded-user'],
    ...[
      'x-goog-api-key',
      'x-tenant-id',
      'x-forwarded-client-cert',
      'x-amzn-oidc-identity',
      'x-session',
      'x-shop',
      'x-org-id',
    ],
    ...['host', 'Authorization', 'X-Api-Key'],
  ])('gives no caller what another one got, by %s', async (name) => {
    const calls = new CachedCalls({ credentials: ['X-Shop'] }).always(({ headers }) =>
      someReply(200, { 'cache-control': 'private, max-age=60' }, String(headers[name])),
    );
    const asked = ['alice', 'bob', undefined, 'alice', 'bob', undefined];
    const got = [];
    for (const who of asked) got.push((await calls.get(who === undefined ? {} : { [name]: who })).body);
    expect(got).toEqual(asked.map(String));
    // Names are lower case. Others go to the service each time: a caller below the types may have meant any.
    expect(calls.requests).toHaveLength(name === name.toLowerCase() ? 3 : 5);
  });

  it('stores no cookie for callers without credentials, who are many', async () => {
    const setting = { ...fresh, 'set-cookie': ['session=1'] };
    expect(await isStored(new CachedCalls().always(reply(setting)))).toBe(false);
    expect(await isStored(new CachedCalls().always(reply(setting)), { headers: { cookie: 'session=1' } })).toBe(true);
    const shared = { ...setting, 'cache-control': 'public, max-age=60' };
    expect(await isStored(new CachedCalls().always(reply(shared)))).toBe(true);
  });

  it.each(['user-agent', 'idempotency-key', 'x-request-id', 'accept', 'keyboard'])(
    'does not take %s for a credential',
    async (name) => {
      const calls = new CachedCalls().always(reply(fresh));
      for (const value of ['a', 'b']) await calls.get({ [name]: value });
      expect(calls.requests).toHaveLength(1);
    },
  );

  it('takes credentials in any order for the same', async () => {
    const calls = new CachedCalls().always(reply(fresh));
    await calls.get({ authorization: 'a', cookie: 'b' });
    await calls.get({ cookie: 'b', authorization: 'a' });
    expect(calls.requests).toHaveLength(1);
  });

  it('mixes up no two callers whose credentials look alike when they are put together', async () => {
    const calls = new CachedCalls().always(reply({ 'cache-control': 'max-age=60' }));
    await calls.get({ authorization: 'a', cookie: 'b' });
    await calls.get({ authorization: 'a\ncookie\n1\nb' });
    await calls.get({ cookie: 'a', 'x-api-key': 'b' });
    expect(calls.requests).toHaveLength(3);
  });
});

describe('a cache of one user', () => {
  const oneUser = () => new CachedCalls({ oneUser: true });

  it('answers all calls alike, whatever their credentials are', async () => {
    const calls = oneUser().always(reply({ 'cache-control': 'private, max-age=60' }));
    for (const headers of [{}, { cookie: 'a=b' }, { authorization: 'Bearer old' }, { authorization: 'Bearer new' }]) {
      await calls.get(headers);
    }
    expect(calls.requests).toHaveLength(1);
  });

  it('keeps apart what its service does, by Vary', async () => {
    const calls = oneUser().always(reply({ ...fresh, vary: 'authorization' }));
    for (const authorization of ['Bearer old', 'Bearer new', 'Bearer old']) await calls.get({ authorization });
    expect(calls.requests).toHaveLength(2);
  });

  it('stores cookies, since they are of its user', async () => {
    const calls = oneUser().always(reply({ ...fresh, 'set-cookie': ['session=1'] }));
    await calls.send();
    expect((await calls.send()).headers['set-cookie']).toEqual(['session=1']);
    expect(calls.requests).toHaveLength(1);
  });

  it('does not know s-maxage, and stores nothing of no-store', async () => {
    expect(await isStored(oneUser().always(reply({ 'cache-control': 's-maxage=60' })))).toBe(false);
    expect(await isStored(oneUser().always(reply({ 'cache-control': 'no-store, max-age=60' })))).toBe(false);
  });
});
