import { describe, expect, it } from '@jest/globals';
import { CachedCalls, reply } from '../../test-fixtures/cached-calls.ts';
import { someReply } from '../../test-fixtures/sample.ts';

const date = (calls: CachedCalls, seconds: number) => new Date(calls.clock.now() + seconds * 1000).toUTCString();

/** For how many whole seconds a reply is used, up to 100. */
async function secondsOfUse(calls: CachedCalls): Promise<number> {
  await calls.send();
  for (let seconds = 0; seconds <= 100; seconds++) {
    await calls.send();
    if (calls.requests.length > 1) return seconds;
    await calls.pass(1);
  }
  return Number.POSITIVE_INFINITY;
}

describe('freshness (RFC 9111 §4.2)', () => {
  it('uses a reply for its max-age and no longer', async () => {
    expect(await secondsOfUse(new CachedCalls().always(reply({ 'cache-control': 'max-age=10' })))).toBe(10);
  });

  it('counts Expires from Date, and prefers max-age to both', async () => {
    const calls = new CachedCalls();
    const dates = { date: date(calls, 0), expires: date(calls, 10) };
    expect(await secondsOfUse(calls.always(reply(dates)))).toBe(10);
    const both = new CachedCalls().always(reply({ ...dates, 'cache-control': 'max-age=5' }));
    expect(await secondsOfUse(both)).toBe(5);
  });

  it('compares dates of the service with the wall clock, which has been set since the process started', async () => {
    for (const fields of [
      (calls: CachedCalls) => ({ 'cache-control': 'max-age=10', date: date(calls, -300) }),
      (calls: CachedCalls) => ({ expires: date(calls, -290) }),
    ]) {
      const calls = new CachedCalls();
      Object.assign(calls.clock, { wallNow: () => calls.clock.now() - 300_000 });
      expect(await secondsOfUse(calls.always(reply(fields(calls))))).toBe(10);
    }
  });

  it.each(['0', '-1', 'tomorrow', 'Sun, 06 Nov 2044 08:49:37 CET'])(
    'takes Expires: %s for the past',
    async (expires) => {
      expect(await secondsOfUse(new CachedCalls().always(reply({ expires })))).toBe(0);
    },
  );

  it('takes several lines of Expires for the past', async () => {
    const calls = new CachedCalls();
    const expires = [date(calls, 50), date(calls, 60)];
    expect(await secondsOfUse(calls.always(reply({ expires })))).toBe(0);
  });

  it.each<[string | string[], number]>([
    ['4', 6],
    ['4, 9', 6],
    [['4', '9'], 6],
    ['0', 10],
    ['10', 0],
    ['99999999999', 0],
    ['abc', 10],
    ['-4', 10],
    ['4.5', 10],
  ])('counts the Age %j that a reply comes with (§4.2.3, §5.1)', async (age, seconds) => {
    expect(await secondsOfUse(new CachedCalls().always(reply({ 'cache-control': 'max-age=10', age })))).toBe(seconds);
  });

  it('takes a reply for as old as its Date says, where the clock of its service is behind', async () => {
    const calls = new CachedCalls();
    expect(await secondsOfUse(calls.always(reply({ 'cache-control': 'max-age=10', date: date(calls, -4) })))).toBe(6);
    const ahead = new CachedCalls();
    expect(await secondsOfUse(ahead.always(reply({ 'cache-control': 'max-age=10', date: date(calls, 3600) })))).toBe(
      10,
    );
  });

  it('counts the time that the reply was on its way', async () => {
    const calls = new CachedCalls();
    calls.answer(async () => {
      await calls.clock.advance(4000);
      return someReply(200, { 'cache-control': 'max-age=10', age: '2' }, 'one');
    });
    await calls.send();
    await calls.pass(3);
    expect((await calls.send()).headers.age).toBe('9');
    await calls.pass(1);
    await calls.send();
    expect(calls.requests).toHaveLength(2);
  });

  it('says how old the reply is, and that it is from the cache (RFC 9211)', async () => {
    const calls = new CachedCalls().always(reply({ 'cache-control': 'max-age=10', 'cache-status': 'edge; hit' }));
    expect((await calls.send()).headers['cache-status']).toBe('edge; hit, parley; fwd=uri-miss; stored');
    await calls.pass(4);
    expect((await calls.send()).headers).toMatchObject({ age: '4', 'cache-status': 'edge; hit, parley; hit; ttl=6' });
  });

  it('says why it asked the service (RFC 9211 §2.2)', async () => {
    const varying = { 'cache-control': 'max-age=10', etag: '"a"', vary: 'x-own' };
    const calls = new CachedCalls().always(reply(varying));
    const because = async (headers: Record<string, string>) => (await calls.get(headers)).headers['cache-status'];
    expect(await because({ 'x-own': '1' })).toBe('parley; fwd=uri-miss; stored');
    expect(await because({ 'x-own': '2' })).toBe('parley; fwd=vary-miss; stored');
    expect(await because({ 'x-own': '2', 'cache-control': 'no-cache' })).toBe('parley; fwd=request; stored');
    await calls.pass(11);
    expect(await because({ 'x-own': '2' })).toBe('parley; fwd=stale; stored');
    calls.answer(() => someReply(304, varying));
    expect(await because({ 'x-own': '2', 'cache-control': 'no-cache' })).toBe('parley; fwd=request; fwd-status=304');
  });

  it('says that no attempt was made, and of which endpoint the reply is', async () => {
    const calls = new CachedCalls().always(reply({ 'cache-control': 'max-age=10' }));
    await calls.send();
    expect((await calls.send()).origin).toEqual({
      operation: 'GET /api/things/{id}',
      endpoint: 'http://a',
      attempts: 0,
    });
  });

  it('keeps paths and queries apart', async () => {
    const calls = new CachedCalls().always(({ path }) => someReply(200, { 'cache-control': 'max-age=10' }, path));
    for (const path of ['/a', '/a?b', '/a?c', '/a/']) expect((await calls.send({ path })).body).toBe(path);
  });
});

describe('Vary (RFC 9111 §4.1)', () => {
  const varying = { 'cache-control': 'max-age=60', vary: 'Accept-Language' };
  const echo = () =>
    new CachedCalls().always(({ headers }) => someReply(200, varying, headers['accept-language'] ?? 'none'));

  it('answers with the variant that the request selects, and keeps several', async () => {
    const calls = echo();
    for (const language of ['en', 'de', 'en', 'de']) {
      expect((await calls.get({ 'accept-language': language })).body).toBe(language);
    }
    expect((await calls.get()).body).toBe('none');
    expect(calls.requests).toHaveLength(3);
  });

  it('takes values with the same meaning for equal', async () => {
    const calls = echo();
    await calls.get({ 'accept-language': 'en, de;q=0.5' });
    expect((await calls.get({ 'accept-language': 'EN,DE; q=0.5' })).body).toBe('en, de;q=0.5');
  });

  it.each(['*', 'Accept, *'])('answers nothing with a reply of Vary: %s', async (vary) => {
    const calls = new CachedCalls().always(reply({ 'cache-control': 'max-age=60', vary }));
    await calls.send();
    await calls.send();
    expect(calls.requests).toHaveLength(2);
  });

  it('finds the reply where Vary names what every object inherits', async () => {
    const calls = new CachedCalls().always(reply({ 'cache-control': 'max-age=60', vary: 'constructor, __proto__' }));
    await calls.get();
    expect((await calls.get()).body).toBe('one');
    expect(calls.requests).toHaveLength(1);
  });

  it('counts where Connection names Vary, which is not stored then', async () => {
    const calls = new CachedCalls().always(({ headers }) =>
      someReply(200, { ...varying, connection: 'Vary' }, headers['accept-language']),
    );
    for (const language of ['en', 'de']) expect((await calls.get({ 'accept-language': language })).body).toBe(language);
  });

  it('keeps 16 variants of a resource at most', async () => {
    const calls = echo();
    for (let number = 0; number <= 16; number++) await calls.get({ 'accept-language': `x${number}` });
    await calls.get({ 'accept-language': 'x1' });
    expect(calls.requests).toHaveLength(17);
    await calls.get({ 'accept-language': 'x0' });
    expect(calls.requests).toHaveLength(18);
  });
});

describe('directives of the request (RFC 9111 §5.2.1)', () => {
  const old = async () => {
    const calls = new CachedCalls().always(reply({ 'cache-control': 'max-age=10' }));
    await calls.send();
    await calls.pass(4);
    return calls;
  };

  it.each([
    ['max-age=5', true],
    ['max-age=4', false],
    ['max-age=0', false],
    ['min-fresh=6', true],
    ['min-fresh=7', false],
    ['no-cache', false],
    ['max-stale=60', true],
  ])('%s is met by a reply of 4 s that is fresh for 6 s more: %s', async (field, isMet) => {
    const calls = await old();
    await calls.get({ 'cache-control': field });
    expect(calls.requests).toHaveLength(isMet ? 1 : 2);
  });

  it('takes Pragma: no-cache for no-cache (§5.4)', async () => {
    const calls = await old();
    await calls.get({ pragma: 'no-cache' });
    expect(calls.requests).toHaveLength(2);
  });

  it.each([
    ['max-stale', true],
    ['max-stale=5', true],
    ['max-stale=4', false],
    ['max-stale=x', false],
  ])('%s is met by a reply that is stale for 5 s: %s', async (field, isMet) => {
    const calls = await old();
    await calls.pass(11);
    const { headers } = await calls.get({ 'cache-control': field });
    expect(calls.requests).toHaveLength(isMet ? 1 : 2);
    if (isMet) expect(headers['cache-status']).toBe('parley; hit; ttl=-5');
  });

  it.each(['must-revalidate', 'no-cache'])('gives nothing stale of %s, whatever the caller accepts', async (field) => {
    const calls = new CachedCalls().always(reply({ 'cache-control': `max-age=10, ${field}` }));
    await calls.send();
    await calls.pass(11);
    await calls.get({ 'cache-control': 'max-stale' });
    expect(calls.requests).toHaveLength(2);
  });

  it.each([
    ['max-age=10, immutable', 'max-age=0', 1],
    ['max-age=10, IMMUTABLE', 'max-age=3', 1],
    ['max-age=10, immutable', 'no-cache', 2],
    ['max-age=10, immutable', 'max-age=x', 2],
    ['max-age=10, immutable', 'min-fresh=7', 2],
    ['max-age=10, immutable="x"', 'max-age=0', 2],
    ['max-age=10, immutable, "', 'max-age=0', 2],
    ['max-age=10, immutable, no-cache', 'max-age=0', 2],
    ['max-age=4, immutable', 'max-age=0', 2],
    ['immutable', 'max-age=0', 2],
  ])('a reply of %s meets %s while it is fresh: %d requests (RFC 8246)', async (control, field, requests) => {
    const calls = new CachedCalls().always(reply({ 'cache-control': control, etag: '"a"' }));
    await calls.send();
    await calls.pass(4);
    await calls.get({ 'cache-control': field });
    expect(calls.requests).toHaveLength(requests);
  });

  it.each<Parameters<CachedCalls['send']>[0] & object>([
    { headers: { 'cache-control': 'only-if-cached', range: 'bytes=0-0' } },
    { headers: { 'cache-control': 'only-if-cached', 'if-match': '"a"' } },
    { headers: { 'cache-control': 'only-if-cached' }, replyAs: 'stream' },
    { headers: { 'cache-control': 'only-if-cached' }, method: 'HEAD' },
  ])('refuses only-if-cached where the cache can have no part: %j', async (call) => {
    const calls = new CachedCalls();
    const { status, body } = await calls.send(call);
    expect([status, calls.requests.length]).toEqual([504, 0]);
    expect(await new Response(body as string).text()).toMatch(call.method === 'HEAD' ? /^$/ : /not_cached/);
  });

  it('answers only-if-cached without the service: 504 where nothing fits', async () => {
    const calls = await old();
    const asked = { headers: { 'cache-control': 'only-if-cached' } };
    expect((await calls.send(asked)).status).toBe(200);
    const refused = await calls.send({ ...asked, path: '/other' });
    expect(refused).toMatchObject({ status: 504, error: { code: 'not_cached' } });
    await calls.pass(7);
    expect((await calls.send(asked)).status).toBe(504);
    expect(calls.requests).toHaveLength(1);
  });
});

describe('HEAD', () => {
  it('is answered by a GET that is stored, without its body (RFC 9111 §4)', async () => {
    const calls = new CachedCalls().always(reply({ 'cache-control': 'max-age=10', etag: '"a"' }));
    await calls.send();
    const head = await calls.send({ method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '', headers: { etag: '"a"', age: '0' } });
    expect(calls.requests).toHaveLength(1);
  });

  it('stores nothing, and a GET asks the service', async () => {
    const calls = new CachedCalls().always(reply({ 'cache-control': 'max-age=10' }));
    await calls.send({ method: 'HEAD' });
    await calls.send();
    expect(calls.requests).toHaveLength(2);
  });

  it('renews the stored reply that it describes (§4.3.5)', async () => {
    const calls = new CachedCalls().answer(reply({ 'cache-control': 'max-age=10', etag: '"a"', 'x-own': '1' }));
    await calls.send();
    await calls.pass(11);
    calls.answer(reply({ 'cache-control': 'max-age=60', etag: '"a"', 'x-own': '2' }, ''));
    await calls.send({ method: 'HEAD' });
    expect(await calls.send()).toMatchObject({ body: 'one', headers: { 'x-own': '2', age: '0' } });
    expect(calls.requests).toHaveLength(2);
  });

  it.each([
    [{ etag: '"b"' }, 200],
    [{ etag: '"a"', 'content-length': '99' }, 200],
    [{ etag: '"a"' }, 404],
  ])('removes the stored reply where it describes another one: %j, %d', async (fields, status) => {
    const calls = new CachedCalls();
    calls.answer(reply({ 'cache-control': 'max-age=10', etag: '"a"', 'content-length': '3' }));
    await calls.send();
    await calls.pass(11);
    calls.answer(reply({ 'cache-control': 'max-age=60', ...fields }, '', status));
    await calls.send({ method: 'HEAD' });
    await calls.send();
    expect(calls.requests[2]?.headers).not.toHaveProperty('if-none-match');
  });
});

describe('Range (RFC 9111 §3.4)', () => {
  const whole = reply({ 'cache-control': 'max-age=10', etag: '"a"', 'content-length': '3' });

  it('is answered from a reply that is stored whole', async () => {
    const calls = new CachedCalls().always(whole);
    await calls.send();
    const part = await calls.get({ range: 'bytes=1-' });
    const fields = { 'content-range': 'bytes 1-2/3', 'content-length': '2', etag: '"a"', age: '0' };
    expect(part).toMatchObject({ status: 206, body: 'ne', headers: fields });
    expect((await calls.send()).body).toBe('one');
    expect(calls.uses).toEqual(['miss', 'hit', 'hit']);
  });

  it.each<[string, Record<string, string>, number]>([
    ['several parts', { range: 'bytes=0-0,2-2' }, 0],
    ['a part that is not there', { range: 'bytes=3-' }, 0],
    ['If-Range', { range: 'bytes=0-0', 'if-range': '"a"' }, 0],
    ['conditions', { range: 'bytes=0-0', 'if-none-match': '"a"' }, 0],
    ['no-store', { range: 'bytes=0-0', 'cache-control': 'no-store' }, 0],
    ['a stale reply', { range: 'bytes=0-0' }, 11],
  ])('is for the service where there are %s', async (_, headers, seconds) => {
    const calls = new CachedCalls().always(whole);
    await calls.send();
    await calls.pass(seconds);
    await calls.get(headers);
    expect(calls.requests[1]?.headers).toEqual(headers);
  });

  it('is for the service where the reply came compressed: its parts are others', async () => {
    const calls = new CachedCalls().always(reply({ 'cache-control': 'max-age=10', 'content-length': '2' }));
    await calls.send();
    await calls.get({ range: 'bytes=0-0' });
    expect(calls.requests).toHaveLength(2);
  });
});
