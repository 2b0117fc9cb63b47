import { describe, expect, it } from '@jest/globals';
import { AttemptsLeft } from '@parley/contract';
import { CachedCalls, reply, unchanged } from '../../test-fixtures/cached-calls.ts';
import { problemReply, rejection, someError, someReply } from '../../test-fixtures/sample.ts';
import { StoryRecorder } from '../story/story-recorder.ts';
import { Cancellation } from '../time/cancel-signal.ts';
import type { Reply } from '../transport/reply.ts';

const fresh = { 'cache-control': 'max-age=60' };

/** A cache whose service has its first reply held back. */
function held(calls = new CachedCalls()) {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  calls.answer(() => promise);
  return { calls, resolve, reject };
}

describe('identical calls at the same time', () => {
  it('cost one request, and each gets a reply of its own', async () => {
    const { calls, resolve } = held();
    const sent = Array.from({ length: 100 }, () => calls.send());
    await calls.pass(0);
    resolve(someReply(200, fresh, 'one'));
    const replies = await Promise.all(sent);
    expect(calls.requests).toHaveLength(1);
    expect(replies.map(({ body }) => body)).toEqual(Array(100).fill('one'));
    expect(new Set(replies.map(({ headers }) => headers)).size).toBe(100);
    expect(replies[1]?.headers['cache-status']).toBe('parley; hit; ttl=60; collapsed');
  });

  it('do not wait for a request that may be tried less often, or that is less urgent', async () => {
    const calls = new CachedCalls().always(reply(fresh));
    const once = { maxAttempts: 1 };
    const background = { context: { priority: 'background' } } as const;
    const spent = { context: { attemptsLeft: new AttemptsLeft(0) } };
    const hurried = { attemptTimeoutMs: 200 };
    const long = { attemptTimeoutMs: Number.POSITIVE_INFINITY };
    const others = [{ hedge: true }, spent, spent, hurried, hurried, long];
    await Promise.all([once, once, {}, {}, background, background, ...others].map((own) => calls.send(own)));
    expect(calls.requests).toHaveLength(7);
  });

  it('cost one request where a stale reply must be confirmed', async () => {
    const calls = new CachedCalls().answer(reply({ 'cache-control': 'max-age=10', etag: '"a"' }));
    await calls.send();
    await calls.pass(11);
    calls.always(unchanged({ etag: '"a"' }));
    await Promise.all(Array.from({ length: 100 }, () => calls.send()));
    expect(calls.requests).toHaveLength(2);
  });

  it('share a failure without a reply', async () => {
    const { calls, reject } = held();
    const sent = [calls.send(), calls.send()].map(rejection);
    await calls.pass(0);
    reject(someError('unavailable'));
    expect((await Promise.all(sent)).map(({ code }) => code)).toEqual(['unavailable', 'unavailable']);
    expect(calls.requests).toHaveLength(1);
  });

  it('each ask for themselves where the reply may not be stored, and wait no more the next time', async () => {
    const { calls, resolve } = held();
    let number = 0;
    calls.always(() => someReply(200, { 'cache-control': 'no-store' }, String(++number)));
    const sent = [calls.send(), calls.send(), calls.send()];
    await calls.pass(0);
    resolve(someReply(200, { 'cache-control': 'no-store' }, '0'));
    expect((await Promise.all(sent)).map(({ body }) => body)).toEqual(['0', '1', '2']);
    const later = [calls.send(), calls.send()];
    expect(calls.requests).toHaveLength(5);
    await Promise.all(later);
  });

  it('wait for each other again once a reply was stored', async () => {
    const calls = new CachedCalls().answer(reply({ 'cache-control': 'no-store' })).always(reply(fresh));
    await calls.send();
    await calls.send();
    await calls.pass(61);
    await Promise.all([calls.send(), calls.send()]);
    expect(calls.requests).toHaveLength(3);
  });

  it('are not mixed up where Vary tells them apart', async () => {
    const { calls, resolve } = held();
    calls.always(({ headers }) => someReply(200, { ...fresh, vary: 'accept' }, headers.accept));
    const sent = [calls.get({ accept: 'a' }), calls.get({ accept: 'b' })];
    await calls.pass(0);
    resolve(someReply(200, { ...fresh, vary: 'accept' }, 'a'));
    expect((await Promise.all(sent)).map(({ body }) => body)).toEqual(['a', 'b']);
  });

  it('do not wait for the request of another caller', async () => {
    const { calls, resolve } = held();
    const alice = calls.get({ authorization: 'alice' });
    const bob = await calls.get({ authorization: 'bob' });
    expect(bob.status).toBe(200);
    resolve(someReply(200, fresh, 'one'));
    await alice;
    expect(calls.requests).toHaveLength(2);
  });

  it('go on where the caller leaves that came first', async () => {
    const { calls, resolve } = held();
    const signal = new Cancellation();
    const first = rejection(calls.send({ signal }));
    const second = calls.send();
    await calls.pass(0);
    signal.abort(someError('cancelled'));
    expect((await first).code).toBe('cancelled');
    resolve(someReply(200, fresh, 'one'));
    expect((await second).body).toBe('one');
    expect(calls.requests).toHaveLength(1);
  });

  it('go on with the request of a caller that has more time, where the first one had too little', async () => {
    const { calls, resolve } = held();
    const short = calls.clock.now() + 100;
    const sent = [calls.send({ deadlineMs: short }), calls.send(), calls.send({ deadlineMs: short + 1 })];
    await calls.pass(0);
    calls.always(reply(fresh, 'in time'));
    resolve(problemReply('deadline_exceeded'));
    const replies = await Promise.all(sent);
    expect(replies.map(({ status, body }) => (status === 200 ? body : status))).toEqual([504, 'in time', 'in time']);
    expect(calls.requests).toHaveLength(2);
  });

  it('have a story that tells of it', async () => {
    const { calls, resolve } = held();
    const stories = [new StoryRecorder(true), new StoryRecorder(true)];
    const sent = stories.map((story) => calls.send({ story }));
    await calls.pass(0);
    resolve(someReply(200, fresh, 'one'));
    await Promise.all(sent);
    expect(stories.map((story) => story.latest('cache')?.result)).toEqual(['miss', 'hit']);
    expect(String(stories[1]?.end('GET /', 200, undefined))).toContain('joined');
  });
});
