import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rejection, someError } from '../test-fixtures/sample.ts';
import { shop, shopHandlers } from '../test-fixtures/shop.ts';
import { createClient } from './client.ts';
import type { AttemptLayer, CallLayer } from './layer.ts';
import type { UserLayers } from './pipeline.ts';
import { always, failing, hang, reset, status } from './testing/faults.ts';
import { type InMemoryOptions, inMemoryUpstream } from './testing/in-memory-upstream.ts';
import { type VirtualClock, virtualClock } from './testing/virtual-clock.ts';
import { createUpstream } from './upstream.ts';

let clock: VirtualClock;
let close: () => Promise<void>;
beforeEach(() => {
  clock = virtualClock();
});
afterEach(() => close());

function open(layers: Partial<UserLayers>, options: Partial<InMemoryOptions> = {}) {
  const upstream = inMemoryUpstream(shop, shopHandlers(), { clock, backoffBaseMs: 0, layers, ...options });
  close = () => upstream.close();
  return { upstream, client: createClient(shop, upstream) };
}

const counting =
  <Scope>(seen: Scope[]) =>
  (next: (scope: Scope) => ReturnType<ReturnType<CallLayer>>) =>
  (scope: Scope) => {
    seen.push(scope);
    return next(scope);
  };

describe("layers of a user's own", () => {
  it('see a call once, and each of its attempts', async () => {
    const [calls, attempts]: [Parameters<ReturnType<CallLayer>>[0][], Parameters<ReturnType<AttemptLayer>>[0][]] = [
      [],
      [],
    ];
    const { upstream, client } = open({ call: [counting(calls)], attempt: [counting(attempts)] });
    upstream.inject(failing(2));
    await clock.run(client.newestItem());
    expect(calls.map(({ label }) => label)).toEqual(['GET /api/items/newest']);
    expect(attempts.map(({ number, endpoint }) => `${number} ${endpoint}`)).toEqual([
      '1 http://shop-1',
      '2 http://shop-1',
      '3 http://shop-1',
    ]);
    expect(attempts[0]?.headers).toMatchObject({ 'x-attempts-left': '2', 'x-request-timeout-ms': expect.any(String) });
  });

  it('see the request in the order in which they are listed', async () => {
    const seen: string[] = [];
    const naming = (name: string) => (next: (one: never) => Promise<never>) => (one: never) => {
      seen.push(name);
      return next(one);
    };
    const layers = { call: [naming('call 1'), naming('call 2')], attempt: [naming('attempt 1'), naming('attempt 2')] };
    const { client } = open(layers as unknown as UserLayers);
    await clock.run(client.newestItem());
    expect(seen).toEqual(['call 1', 'call 2', 'attempt 1', 'attempt 2']);
  });

  it('change what is sent', async () => {
    const tenant: CallLayer = (next) => (call) =>
      next({ ...call, headers: { ...call.headers, 'accept-language': 'pl' } });
    const languages: unknown[] = [];
    const noting: AttemptLayer = (next) => (attempt) => {
      languages.push(attempt.headers['accept-language']);
      return next(attempt);
    };
    const { client } = open({ call: [tenant], attempt: [noting] });
    await clock.run(client.getItem({ id: '7' }));
    expect(languages).toEqual(['pl']);
  });

  it('are bounded: a call layer by the deadline, an attempt layer by the attempt timeout, which the breaker counts', async () => {
    const never = () => () => new Promise<never>(() => {});
    const slowCall = open({ call: [never] }, { callTimeoutMs: 500 });
    expect(await rejection(clock.run(slowCall.client.newestItem()))).toMatchObject({ code: 'deadline_exceeded' });
    await close();
    const slowAttempt = open({ attempt: [never] }, { callTimeoutMs: 100, maxAttempts: 1 });
    for (let i = 0; i < 5; i++) {
      const error = await rejection(clock.run(slowAttempt.client.newestItem()));
      expect(error.message).toMatch(
        '[deadline_exceeded] GET /api/items/newest: attempt 1 was not answered in 98 of 100 ms',
      );
    }
    expect(slowAttempt.upstream.endpoints()[0]?.circuit).toBe('open');
  });

  it('may answer in place of what is below', async () => {
    const failingLayer: AttemptLayer = () => async () => {
      throw someError('unavailable', { isUnprocessed: true });
    };
    const { client } = open({ attempt: [failingLayer] }, { maxAttempts: 1 });
    const error = await rejection(clock.run(client.buyItem({ id: '7', count: 1 })));
    expect(error).toMatchObject({ code: 'unavailable', isUnprocessed: true });
  });

  it('of attempts turn single-flight off: they may tell callers apart', async () => {
    const seen: unknown[] = [];
    const counted: AttemptLayer = (next) => (attempt) => {
      seen.push(attempt.endpoint);
      return next(attempt);
    };
    const { client } = open({ attempt: [counted] }, { singleFlight: true });
    await clock.run(Promise.all([client.newestItem(), client.newestItem()]));
    expect(seen).toHaveLength(2);
  });

  it('of calls are part of what single-flight compares', async () => {
    let tenants = 0;
    const tenant: CallLayer = (next) => (call) =>
      next({ ...call, headers: { ...call.headers, 'x-tenant': `${++tenants}` } });
    const outcomes: unknown[] = [];
    const { upstream, client } = open({ call: [tenant] }, { singleFlight: true });
    upstream.subscribe({ onAttempt: ({ status }) => void outcomes.push(status) });
    await clock.run(Promise.all([client.newestItem(), client.newestItem()]));
    expect(outcomes).toEqual([200, 200]);
  });

  it.each([
    [{ call: 5 }, 'layers.call must be a list of functions from one way of sending to another'],
    [{ attempt: ['x'] }, 'layers.attempt must be a list of functions from one way of sending to another'],
    [{ calls: [] }, 'layers must have call and attempt only, not calls'],
  ])('are refused where they are %j', (layers, message) => {
    close = async () => {};
    expect(() => createUpstream('things', 'http://a', { layers: layers as never })).toThrow(new TypeError(message));
  });
});

describe('shouldRetry', () => {
  it('decides in place of the usual check, for replies and failures, and sees what they say', async () => {
    const seen: unknown[] = [];
    const { upstream, client } = open(
      {},
      {
        shouldRetry: ({ attempt, status, error }) => {
          seen.push([attempt, status, error?.code]);
          return status === 404;
        },
      },
    );
    upstream.inject(status(404));
    await clock.run(client.newestItem());
    upstream.inject(status(503));
    await rejection(clock.run(client.newestItem()));
    upstream.inject(reset());
    await rejection(clock.run(client.newestItem()));
    expect(seen).toEqual([
      [1, 404, 'not_found'],
      [2, 200, undefined],
      [1, 503, 'unavailable'],
      [1, undefined, 'unavailable'],
    ]);
  });

  it('repeats a good reply too, within maxAttempts', async () => {
    let asked = 0;
    const { client } = open({}, { shouldRetry: () => ++asked > 0 });
    await clock.run(client.newestItem());
    expect(asked).toBe(3);
  });

  it('never makes an unsafe operation repeatable', async () => {
    let attempts = 0;
    const { upstream, client } = open({}, { shouldRetry: () => true });
    upstream.subscribe({ onAttempt: () => void attempts++ });
    upstream.inject(status(503));
    await rejection(clock.run(client.buyItem({ id: '7', count: 1 })));
    expect(attempts).toBe(1);
  });

  it('ends with the deadline all the same', async () => {
    const { upstream, client } = open({}, { shouldRetry: () => true, callTimeoutMs: 300 });
    upstream.inject(always(hang()));
    expect(await rejection(clock.run(client.newestItem()))).toMatchObject({ code: 'deadline_exceeded' });
  });

  it.each([
    [async () => true, 'a promise'],
    [() => 'yes', 'yes'],
    [() => undefined, 'undefined'],
  ])('must return true or false: %p', async (check, got) => {
    const { client } = open({}, { shouldRetry: check as never });
    await expect(clock.run(client.newestItem())).rejects.toThrow(`shouldRetry must return true or false, not ${got}`);
  });

  it('that throws ends the call, and the stream that it was asked about', async () => {
    const broken = new Error('oops');
    const { upstream } = open(
      {},
      {
        shouldRetry: () => {
          throw broken;
        },
      },
    );
    const request = {
      label: 'GET /api/changes',
      method: 'GET',
      path: '/api/changes',
      headers: {},
      safety: 'safe',
    } as const;
    await expect(clock.run(upstream.send({ ...request, replyAs: 'stream' }))).rejects.toBe(broken);
    await clock.advance(0);
    expect(upstream.endpoints()[0]?.inFlight).toBe(0);
  });

  it('must be a function', () => {
    close = async () => {};
    const make = () => createUpstream('things', 'http://a', { shouldRetry: true as never });
    expect(make).toThrow('shouldRetry must be a function from an outcome to true or false, not a boolean');
  });
});
