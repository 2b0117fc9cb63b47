import { describe, expect, it } from '@jest/globals';
import { CachedCalls, reply, unchanged } from '../../test-fixtures/cached-calls.ts';
import { someReply } from '../../test-fixtures/sample.ts';

const modified = 'Sun, 06 Nov 1994 08:49:37 GMT';

/** A cache with one reply that is stale by now. */
async function stale(headers: Readonly<Record<string, string>>): Promise<CachedCalls> {
  const calls = new CachedCalls().answer(reply({ 'cache-control': 'max-age=10', ...headers }));
  await calls.send();
  await calls.pass(11);
  return calls;
}

describe('validation (RFC 9111 §4.3)', () => {
  it.each<[Record<string, string>, Record<string, string>]>([
    [{ etag: '"a"' }, { 'if-none-match': '"a"' }],
    [{ etag: 'W/"a"' }, { 'if-none-match': 'W/"a"' }],
    [{ 'last-modified': modified }, { 'if-modified-since': modified }],
    [
      { etag: '"a"', 'last-modified': modified },
      { 'if-none-match': '"a"', 'if-modified-since': modified },
    ],
  ])('asks with what the stored reply has: %j', async (validators, conditions) => {
    const calls = await stale(validators);
    calls.answer(unchanged(validators));
    await calls.get({ 'x-own': '1' });
    expect(calls.requests[1]?.headers).toEqual({ 'x-own': '1', ...conditions });
  });

  it('answers with the stored body and the newer fields, and keeps both (§3.2, §4.3.4)', async () => {
    const calls = await stale({ etag: '"a"', 'x-kept': '1', 'x-changed': '1', age: '3' });
    calls.answer(unchanged({ etag: '"a"', 'x-changed': '2', 'x-added': '3', 'cache-control': 'max-age=20' }));
    const confirmed = await calls.send();
    const fields = { 'x-kept': '1', 'x-changed': '2', 'x-added': '3', age: '0' };
    expect(confirmed).toMatchObject({ status: 200, body: 'one', headers: fields });
    expect(confirmed.headers['cache-status']).toBe('parley; fwd=stale; fwd-status=304');
    await calls.pass(19);
    expect(await calls.send()).toMatchObject({ body: 'one', headers: { ...fields, age: '19' } });
    expect(calls.uses).toEqual(['miss', 'revalidated', 'hit']);
  });

  it('takes over no field of a 304 that describes its body', async () => {
    const calls = await stale({ etag: '"a"', 'content-length': '3' });
    calls.answer(unchanged({ 'content-length': '0', 'content-encoding': 'gzip', 'content-range': 'bytes 0-1/2' }));
    const { headers } = await calls.send();
    expect(headers).toMatchObject({ 'content-length': '3' });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).not.toHaveProperty('content-range');
  });

  it.each(['GET', 'HEAD'])('chooses by the Vary that the answer to %s has from then on', async (method) => {
    const fields = { 'cache-control': 'max-age=60', etag: '"a"', vary: 'x-own' };
    const calls = await stale({ etag: '"a"' });
    calls.answer(method === 'GET' ? unchanged(fields) : reply(fields, ''));
    await calls.send({ method, headers: { 'x-own': '1' } });
    calls.always(reply({ 'cache-control': 'max-age=60' }, 'two'));
    expect((await calls.get({ 'x-own': '1' })).body).toBe('one');
    expect((await calls.get({ 'x-own': '2' })).body).toBe('two');
  });

  it.each(['GET', 'HEAD'])('stores no longer what the answer to %s says varies by anything', async (method) => {
    const fields = { 'cache-control': 'max-age=60', etag: '"a"', vary: '*' };
    const calls = await stale({ etag: '"a"' });
    calls.answer(method === 'GET' ? unchanged(fields) : reply(fields, ''));
    await calls.send({ method });
    calls.always(reply({ 'cache-control': 'max-age=60' }, 'two'));
    expect((await calls.send()).body).toBe('two');
  });

  it('stores no longer what a 304 says must not be stored', async () => {
    const calls = await stale({ etag: '"a"' });
    calls.answer(unchanged({ 'cache-control': 'no-store' }));
    expect((await calls.send()).body).toBe('one');
    await calls.send();
    expect(calls.requests[2]?.headers).not.toHaveProperty('if-none-match');
  });

  it.each([
    [{ shared: true }, undefined, false],
    [{ shared: true }, 'public, max-age=60', true],
    [{}, undefined, false],
    [{ oneUser: true }, undefined, true],
  ])('stores no cookie of a 304 as what the stored reply allows: %j, %s, %s', async (options, control, isStored) => {
    const calls = new CachedCalls(options).answer(reply({ 'cache-control': 'public, max-age=10', etag: '"a"' }));
    await calls.send();
    await calls.pass(11);
    calls.answer(unchanged({ etag: '"a"', 'set-cookie': ['session=1'], ...(control && { 'cache-control': control }) }));
    expect((await calls.send()).headers).toMatchObject({ 'set-cookie': ['session=1'] });
    const { headers } = await calls.send();
    expect(headers['set-cookie']).toEqual(isStored ? ['session=1'] : undefined);
  });

  it('replaces the stored reply by another one', async () => {
    const calls = await stale({ etag: '"a"' });
    calls.answer(reply({ 'cache-control': 'max-age=10', etag: '"b"' }, 'two'));
    expect((await calls.send()).body).toBe('two');
    expect((await calls.send()).body).toBe('two');
    expect(calls.requests).toHaveLength(2);
  });

  it('forgets the stored reply where another one comes that may not be stored', async () => {
    const calls = await stale({ etag: '"a"' });
    calls.answer(reply({ 'cache-control': 'no-store' }, 'two'));
    await calls.send();
    await calls.send();
    expect(calls.requests[2]?.headers).not.toHaveProperty('if-none-match');
  });

  it.each([
    [{ etag: '"a"' }, { etag: '"b"' }],
    [{ 'last-modified': modified }, { 'last-modified': 'Mon, 07 Nov 1994 08:49:37 GMT' }],
  ])('asks again without conditions where a 304 is of another reply: %j, %j', async (own, other) => {
    const calls = await stale(own);
    calls.answer(unchanged(other), reply({ 'cache-control': 'max-age=10' }, 'two'));
    expect((await calls.send()).body).toBe('two');
    expect(calls.requests[2]?.headers).toEqual({});
  });

  it('asks at each use for a reply of no-cache', async () => {
    const calls = new CachedCalls().answer(reply({ 'cache-control': 'no-cache', etag: '"a"' }));
    calls.always(unchanged({ etag: '"a"' }));
    for (let use = 0; use < 3; use++) expect((await calls.send()).body).toBe('one');
    expect(calls.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"a"', '"a"']);
  });

  it('has a reply without a lifetime confirmed: it guesses none', async () => {
    const calls = new CachedCalls().answer(reply({ etag: '"a"' })).always(unchanged());
    await calls.send();
    expect((await calls.send()).body).toBe('one');
    expect(calls.requests[1]?.headers).toEqual({ 'if-none-match': '"a"' });
  });
});

describe('conditions of the caller (RFC 9111 §4.3.2)', () => {
  const fresh = { 'cache-control': 'max-age=10', etag: '"a"', 'last-modified': modified, 'x-own': '1' };

  it.each([
    [{ 'if-none-match': '"a"' }, 304],
    [{ 'if-none-match': 'W/"a"' }, 304],
    [{ 'if-none-match': '"b"' }, 200],
    [{ 'if-none-match': '"b"', 'if-modified-since': modified }, 200],
    [{ 'if-modified-since': modified }, 304],
    [{ 'if-modified-since': 'Sat, 05 Nov 1994 08:49:37 GMT' }, 200],
  ])('answers %j from what is stored with %d', async (headers, status) => {
    const calls = new CachedCalls().always(reply(fresh));
    await calls.send();
    const answered = await calls.send({ headers });
    expect(answered).toMatchObject({
      status,
      body: status === 304 ? '' : 'one',
      headers: { etag: '"a"', 'x-own': '1' },
    });
    expect(calls.requests).toHaveLength(1);
  });

  it.each([
    { 'if-none-match': '*' },
    { 'if-none-match': '"a"' },
    { 'if-modified-since': 'Sun, 06 Nov 2044 08:49:37 GMT' },
  ])('gives no 304 for a stored 404: %j', async (headers) => {
    const calls = new CachedCalls().always(reply(fresh, 'gone', 404));
    await calls.send();
    expect((await calls.send({ headers })).status).toBe(404);
  });

  it('hands them on where nothing is stored, and the 304 back', async () => {
    const calls = new CachedCalls().always(unchanged({ etag: '"a"' }));
    expect((await calls.get({ 'if-none-match': '"a"' })).status).toBe(304);
    expect(calls.requests[0]?.headers).toEqual({ 'if-none-match': '"a"' });
    calls.always(reply(fresh));
    expect((await calls.send()).status).toBe(200);
  });

  it('replaces them by its own for a stale reply, and judges them by what comes', async () => {
    const calls = new CachedCalls().answer(reply(fresh)).always(unchanged({ etag: '"a"' }));
    await calls.send();
    await calls.pass(11);
    expect((await calls.get({ 'if-none-match': '"b"' })).body).toBe('one');
    expect(calls.requests[1]?.headers).toEqual({ 'if-none-match': '"a"', 'if-modified-since': modified });
    await calls.pass(11);
    expect((await calls.get({ 'if-none-match': '"a"' })).status).toBe(304);
  });

  it.each(['if-match', 'if-unmodified-since', 'if-range'])('leaves %s to the service', async (name) => {
    const calls = new CachedCalls().always(reply(fresh));
    await calls.send();
    await calls.get({ [name]: '"a"' });
    expect(calls.requests).toHaveLength(2);
    expect(calls.uses).toEqual(['miss', 'bypass']);
  });
});

describe('failures while a reply is validated', () => {
  it('hands on a failure of the service, and keeps the stored reply', async () => {
    const calls = await stale({ etag: '"a"' });
    calls.answer(() => someReply(503, {}, 'broken'), unchanged({ etag: '"a"' }));
    expect((await calls.send()).status).toBe(503);
    expect((await calls.send()).body).toBe('one');
  });
});
