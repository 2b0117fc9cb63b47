import { describe, expect, it } from '@jest/globals';
import { CachedCalls, reply, unchanged } from '../../test-fixtures/cached-calls.ts';
import { someError, someReply } from '../../test-fixtures/sample.ts';
import { StoryRecorder } from '../story/story-recorder.ts';

async function stored(field: string, seconds: number, options = {}): Promise<CachedCalls> {
  const calls = new CachedCalls(options).answer(reply({ 'cache-control': field, etag: '"a"' }));
  await calls.send();
  await calls.pass(seconds);
  return calls;
}

describe('stale-while-revalidate (RFC 5861 §3)', () => {
  const field = 'max-age=10, stale-while-revalidate=20';

  it('answers at once with the stale reply, and asks the service once, however many callers come', async () => {
    const calls = await stored(field, 15);
    const held = Promise.withResolvers<ReturnType<typeof someReply>>();
    calls.answer(() => held.promise);
    const replies = await Promise.all(Array.from({ length: 100 }, () => calls.send()));
    expect(new Set(replies.map(({ headers }) => headers['cache-status']))).toEqual(new Set(['parley; hit; ttl=-5']));
    expect(calls.requests).toHaveLength(2);
    held.resolve(someReply(200, { 'cache-control': field }, 'two'));
    await calls.pass(0);
    expect((await calls.send()).body).toBe('two');
    expect(calls.uses.filter((use) => use === 'stale')).toHaveLength(100);
  });

  it('renews the reply where the service confirms it', async () => {
    const calls = await stored(field, 15);
    calls.answer(unchanged({ etag: '"a"' }));
    await calls.send();
    await calls.pass(0);
    expect((await calls.send()).headers['cache-status']).toBe('parley; hit; ttl=10');
    expect(calls.requests[1]?.headers).toEqual({ 'if-none-match': '"a"' });
  });

  it('asks nobody for a caller that wants what is stored only', async () => {
    const calls = await stored(field, 15);
    expect((await calls.get({ 'cache-control': 'only-if-cached' })).body).toBe('one');
    await calls.pass(0);
    expect(calls.requests).toHaveLength(1);
  });

  it('ends at the end of its time', async () => {
    const calls = await stored(field, 30);
    calls.answer(reply({}, 'two'));
    expect((await calls.send()).body).toBe('two');
  });

  it('asks again at the next call where the service failed', async () => {
    const calls = await stored(field, 15);
    calls.answer(
      () => someError(),
      () => someReply(503, {}, 'broken'),
    );
    for (let call = 0; call < 2; call++) {
      expect((await calls.send()).body).toBe('one');
      await calls.pass(0);
    }
    expect(calls.requests).toHaveLength(3);
  });

  it('asks for itself: with a time and a story of its own, and not on behalf of the request that is served', async () => {
    const calls = await stored(field, 15);
    const signal = AbortSignal.abort();
    const context = { deadlineMs: calls.clock.now() + 10, signal, requestId: 'r-1', timings: [] };
    const story = new StoryRecorder();
    calls.answer(unchanged());
    await calls.send({ context, story });
    const behind = calls.requests[1];
    expect(behind).toMatchObject({ deadlineMs: calls.clock.now() + 5_000, signal: { aborted: false } });
    expect(behind?.context).toEqual({ requestId: 'r-1' });
    expect(behind?.story).not.toBe(story);
  });

  it('gives up a request in the background after callTimeoutMs, so that the next caller asks again', async () => {
    const calls = await stored('max-age=10, stale-while-revalidate=60', 15);
    calls.answer(() => new Promise(() => {}));
    await calls.send();
    await calls.pass(5);
    expect(calls.requests[1]?.signal?.aborted).toBe(true);
    calls.answer(reply({ 'cache-control': field }, 'two'));
    await calls.send();
    await calls.pass(0);
    expect((await calls.send()).body).toBe('two');
  });

  it.each([`${field}, must-revalidate`, `${field}, no-cache`])('is not allowed by %s', async (strict) => {
    const calls = await stored(strict, 15);
    calls.answer(reply({}, 'two'));
    expect((await calls.send()).body).toBe('two');
  });

  it.each([`${field}, proxy-revalidate`, `s-maxage=10, stale-while-revalidate=20`])(
    'is not allowed by %s in a shared cache',
    async (strict) => {
      const calls = await stored(strict, 15, { shared: true });
      calls.answer(reply({}, 'two'));
      expect((await calls.send()).body).toBe('two');
    },
  );
});

describe('stale-if-error (RFC 5861 §4)', () => {
  const field = 'max-age=10, stale-if-error=20';

  it.each([500, 502, 503, 504])('answers with the stale reply in place of a %d, and marks it', async (status) => {
    const calls = await stored(field, 15);
    calls.answer(() => someReply(status, {}, 'broken'));
    const answered = await calls.send();
    expect(answered).toMatchObject({ status: 200, body: 'one', headers: { age: '15' } });
    expect(answered.headers['cache-status']).toBe(`parley; hit; ttl=-5; detail="fwd-status=${status}"`);
    expect(calls.uses).toEqual(['miss', 'stale']);
  });

  it.each(['unavailable', 'attempt_timeout', 'overloaded', 'invalid_reply'] as const)(
    'answers with it where no reply came: %s',
    async (code) => {
      const calls = await stored(field, 15);
      calls.answer(() => someError(code));
      const story = new StoryRecorder();
      const answered = await calls.send({ story });
      expect(answered.headers['cache-status']).toBe('parley; hit; ttl=-5; detail="stale-if-error"');
      expect(story.latest('cache')).toMatchObject({ result: 'stale', ageMs: 15_000 });
    },
  );

  it('is not replaced by a failure that says how long it is fresh', async () => {
    const calls = await stored(field, 15);
    calls.always(reply({ 'cache-control': 'max-age=60' }, 'broken', 500));
    for (let call = 0; call < 2; call++) expect((await calls.send()).body).toBe('one');
  });

  it('stands in for HEAD too, without its body', async () => {
    const calls = await stored(field, 15);
    calls.answer(
      () => someError(),
      () => someReply(503, {}, ''),
    );
    for (let call = 0; call < 2; call++) {
      expect(await calls.send({ method: 'HEAD' })).toMatchObject({ status: 200, body: '', headers: { etag: '"a"' } });
    }
    expect(calls.uses).toEqual(['miss', 'stale', 'stale']);
  });

  it('is for as long as the service allows, and then the failure is the answer', async () => {
    const calls = await stored(field, 29);
    calls.always(() => someError());
    expect((await calls.send()).body).toBe('one');
    await calls.pass(1);
    await expect(calls.send()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('is for as long as the caller allows in its request', async () => {
    const calls = await stored('max-age=10', 15);
    calls.always(() => someError());
    await expect(calls.send()).rejects.toMatchObject({ code: 'unavailable' });
    expect((await calls.get({ 'cache-control': 'stale-if-error=60' })).body).toBe('one');
  });

  it.each([404, 400, 429])('does not hide a %d: the service has answered', async (status) => {
    const calls = await stored(field, 15);
    calls.answer(() => someReply(status, {}, 'no'));
    expect((await calls.send()).status).toBe(status);
  });

  it('does not answer a caller that has given up', async () => {
    const calls = await stored(field, 15);
    calls.answer(() => someError('cancelled'));
    await expect(calls.send()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([`${field}, must-revalidate`, `${field}, no-cache`])('is not allowed by %s', async (strict) => {
    const calls = await stored(strict, 15);
    calls.answer(() => someError());
    await expect(calls.send()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('serves all that wait for one request, which fails', async () => {
    const calls = await stored(field, 15);
    calls.answer(async () => {
      throw someError();
    });
    const replies = await Promise.all(Array.from({ length: 10 }, () => calls.send()));
    expect(replies.map(({ body }) => body)).toEqual(Array(10).fill('one'));
    expect(calls.requests).toHaveLength(2);
  });

  it('is for a service without any reply only, where the cache and not the reply allows it', async () => {
    const calls = await stored('max-age=10', 15, { staleIfUnreachableS: 20 });
    calls.answer(
      () => someError(),
      () => someReply(503, {}, 'broken'),
    );
    expect((await calls.send()).body).toBe('one');
    expect((await calls.send()).status).toBe(503);
    const strict = await stored('max-age=10, must-revalidate', 15, { staleIfUnreachableS: 20 });
    strict.answer(() => someError());
    await expect(strict.send()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('answers just before the time of the call is up, where the service hangs', async () => {
    const calls = await stored(field, 15);
    let isCancelled = false;
    calls.answer(({ signal }) => {
      signal?.addEventListener('abort', () => {
        isCancelled = true;
      });
      return new Promise(() => {});
    });
    const deadlineMs = calls.clock.now() + 1000;
    const sent = calls.send({ deadlineMs });
    let answered: string | undefined;
    sent.then(({ body }) => {
      answered = String(body);
    });
    await calls.clock.advance(979);
    expect(answered).toBeUndefined();
    await calls.clock.advance(1);
    expect([answered, isCancelled]).toEqual(['one', true]);
    expect((await sent).headers['cache-status']).toBe('parley; hit; ttl=-6; detail="stale-if-error"');
    expect(calls.uses).toEqual(['miss', 'stale']);
  });
});
