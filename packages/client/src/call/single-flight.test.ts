import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { AttemptsLeft, MinVersions } from '@parley/contract';
import {
  holding,
  problemReply,
  rejection,
  someCall,
  someError,
  somePostCall,
  someReply,
} from '../../test-fixtures/sample.ts';
import type { Call } from '../layer.ts';
import { settled, VirtualClock } from '../testing/virtual-clock.ts';
import { StreamSource } from '../transport/body-source.ts';
import type { Reply } from '../transport/reply.ts';
import { deadline } from './deadline.ts';
import { singleFlight } from './single-flight.ts';

let clock: VirtualClock;
let options: { singleFlight: boolean };
let hasInterceptors: boolean;
beforeEach(() => {
  clock = new VirtualClock();
  options = { singleFlight: true };
  hasInterceptors = false;
});

/** The layer over requests that the test answers by hand. */
function shared() {
  const requests: Call[] = [];
  const answers: ((outcome: Reply | Error) => void)[] = [];
  const send = singleFlight(
    holding(options),
    () => hasInterceptors,
  )((request) => {
    requests.push(request);
    return new Promise((resolve, reject) => {
      answers.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      request.signal?.addEventListener('abort', () => reject(request.signal?.reason));
    });
  });
  const answer = async (index: number, outcome: Reply | Error = someReply()) => {
    answers[index]?.(outcome);
    await settled();
  };
  return { send, requests, answer };
}

describe('singleFlight', () => {
  it('sends a request of its own for a caller that has written meanwhile', async () => {
    const { send, requests } = shared();
    const after = (version: number) => someCall({ context: { minVersions: new MinVersions([['things', version]]) } });
    for (const call of [someCall(), after(1), after(1), after(2)]) void send(call);
    expect(requests).toHaveLength(3);
  });

  it.each([
    ['succeeded', someReply(204)],
    ['failed', someError('unavailable')],
  ])('sends a request of its own for a call that begins after a write that %s', async (_how, outcome) => {
    const { send, requests, answer } = shared();
    const before = send(someCall());
    const write = send(somePostCall({ safety: 'unsafe' })).catch(() => {});
    await answer(1, outcome);
    await write;
    const after = send(someCall());
    const another = send(someCall());
    expect(requests).toHaveLength(3);
    await answer(0, someReply(200, {}, 'old'));
    await answer(2, someReply(200, {}, 'new'));
    expect((await Promise.all([before, after, another])).map(({ body }) => body)).toEqual(['old', 'new', 'new']);
  });

  it('sends identical calls once, and gives all the one answer', async () => {
    const { send, requests, answer } = shared();
    const calls = [send(someCall()), send(someCall()), send(someCall())];
    const reply = someReply();
    await answer(0, reply);
    expect(await Promise.all(calls)).toEqual([reply, reply, reply]);
    expect(requests).toHaveLength(1);
  });

  it('keeps apart what may be retried from what the request being served has no attempts left for', async () => {
    const { send, requests, answer } = shared();
    const left = (count: number) => ({ context: { attemptsLeft: new AttemptsLeft(count) } });
    const calls = [send(someCall(left(0))), send(someCall(left(2))), send(someCall(left(1)))];
    expect(requests).toHaveLength(2);
    for (const index of [0, 1]) await answer(index);
    await Promise.all(calls);
  });

  it('shares a failure too', async () => {
    const { send, requests, answer } = shared();
    const calls = [rejection(send(someCall())), rejection(send(someCall()))];
    const error = someError();
    await answer(0, error);
    expect(await Promise.all(calls)).toEqual([error, error]);
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['an answer', () => someReply()],
    ['a failure', () => someError()],
  ])('keeps nothing once there is %s', async (_, outcome) => {
    const { send, requests, answer } = shared();
    const first = send(someCall()).catch(() => {});
    await answer(0, outcome());
    await first;
    void send(someCall());
    expect(requests).toHaveLength(2);
  });

  it('takes calls for identical that differ in request id and trace', async () => {
    const { send, requests } = shared();
    for (const id of ['1', '2']) {
      void send(someCall({ headers: { accept: 'text/plain', 'x-request-id': id, traceparent: id, tracestate: id } }));
    }
    expect(requests).toHaveLength(1);
  });

  it.each<[string, Partial<Call>]>([
    ['authorization', { headers: { authorization: 'Bearer b' } }],
    ['a cookie', { headers: { authorization: 'Bearer a', cookie: 'b' } }],
    ['priority', { headers: { authorization: 'Bearer a', 'x-request-priority': 'critical' } }],
    ['path', { path: '/api/things/8' }],
    ['method', { method: 'HEAD' }],
    ['body', { body: '{}' }],
    ['hedging', { hedge: true }],
    ['the time of an attempt', { attemptTimeoutMs: 200 }],
    ['being meant to take long', { attemptTimeoutMs: Number.POSITIVE_INFINITY }],
  ])('tells apart by %s', async (_, overrides) => {
    const { send, requests } = shared();
    void send(someCall({ headers: { authorization: 'Bearer a' } }));
    void send(someCall({ headers: { authorization: 'Bearer a' }, ...overrides }));
    expect(requests).toHaveLength(2);
  });

  it('does not take one header for another', async () => {
    const { send, requests } = shared();
    void send(someCall({ headers: { a: '1","b","2' } }));
    void send(someCall({ headers: { a: '1', b: '2' } }));
    expect(requests).toHaveLength(2);
  });

  it.each<[string, () => Call]>([
    ['what is not safe', () => somePostCall()],
    ['what is idempotent', () => someCall({ safety: 'idempotent', method: 'PUT' })],
    ['streams', () => someCall({ replyAs: 'stream' })],
    ['bytes, which a receiver may change', () => someCall({ replyAs: 'bytes' })],
    ['what asks for more of the wire', () => someCall({ wire: { maxRedirects: 1 } })],
    ['a body that is no text', () => someCall({ body: new StreamSource(Readable.from([])) })],
  ])('does not share %s', (_, requestOf) => {
    const { send, requests } = shared();
    const request = requestOf();
    void send(request);
    void send(request);
    expect(requests).toHaveLength(2);
    expect(requests[0]).toBe(request);
  });

  it('shares nothing while there are interceptors, or where it is off', () => {
    const { send, requests } = shared();
    hasInterceptors = true;
    void send(someCall());
    void send(someCall());
    hasInterceptors = false;
    options.singleFlight = false;
    void send(someCall());
    void send(someCall());
    expect(requests).toHaveLength(4);
  });

  it('does not end the others when one caller gives up, the first one too', async () => {
    const { send, requests, answer } = shared();
    const callers = [new AbortController(), new AbortController()];
    const [first, second, third] = [...callers.map(({ signal }) => someCall({ signal })), someCall()].map((request) =>
      send(request).catch((error) => error.code),
    );
    callers[0]?.abort();
    expect(await first).toBe('cancelled');
    callers[1]?.abort();
    expect(await second).toBe('cancelled');
    expect(requests[0]?.signal?.aborted).toBe(false);
    await answer(0);
    expect(await third).toMatchObject({ status: 200 });
    for (const { signal } of callers) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('cancels the request when the last caller has left, and lets no call join it then', async () => {
    const { send, requests, answer } = shared();
    const callers = [new AbortController(), new AbortController()];
    const calls = callers.map(({ signal }) => rejection(send(someCall({ signal }))));
    callers[0]?.abort();
    expect(requests[0]?.signal?.aborted).toBe(false);
    callers[1]?.abort();
    expect(requests[0]?.signal?.aborted).toBe(true);
    const later = send(someCall());
    expect(requests).toHaveLength(2);
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(['cancelled', 'cancelled']);
    await answer(1);
    expect(await later).toMatchObject({ status: 200 });
  });

  it('leaves no listener on the signals of answered callers', async () => {
    const { send, answer } = shared();
    const { signal } = new AbortController();
    const call = send(someCall({ signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await answer(0);
    await call;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('sends nothing for a caller that has given up', async () => {
    const { send, requests } = shared();
    expect(await rejection(send(someCall({ signal: AbortSignal.abort() })))).toMatchObject({ code: 'cancelled' });
    expect(requests).toHaveLength(0);
  });

  describe('× deadline', () => {
    const call = (send: ReturnType<typeof shared>['send'], timeoutMs: number) =>
      deadline(clock)(send)(someCall({ deadlineMs: clock.now() + timeoutMs })).then(
        ({ status }) => status,
        ({ code }) => code,
      );

    it('lets a caller with less time run out of it alone', async () => {
      const { send, answer } = shared();
      const [first, second] = [call(send, 1_000), call(send, 100)];
      await clock.advance(100);
      expect(await second).toBe('deadline_exceeded');
      await answer(0);
      expect(await first).toBe(200);
    });

    it.each<[string, () => Reply | Error]>([
      ['fails for want of time', () => someError('deadline_exceeded')],
      ['is answered so', () => problemReply('deadline_exceeded')],
      ['has no time for another attempt', () => someError('attempt_timeout')],
    ])('goes on in one more request for all who have time left, where the first %s', async (_, outOfTime) => {
      const { send, requests, answer } = shared();
      const first = call(send, 100);
      const others = [call(send, 101), call(send, 300), call(send, 200)];
      await clock.advance(100);
      await answer(0, outOfTime());
      expect(await first).toMatch(/^(deadline_exceeded|attempt_timeout)$/);
      expect(requests).toHaveLength(2);
      expect((requests[1]?.deadlineMs ?? 0) - clock.now()).toBe(200);
      await clock.advance(1);
      expect(await others[0]).toBe('deadline_exceeded');
      await answer(1);
      expect(await Promise.all(others)).toEqual(['deadline_exceeded', 200, 200]);
    });

    it('takes the answer of a call that had as much time', async () => {
      const { send, requests, answer } = shared();
      const calls = [call(send, 300), call(send, 100), call(send, 300)];
      await answer(0, someError('deadline_exceeded'));
      expect(await Promise.all(calls)).toEqual(['deadline_exceeded', 'deadline_exceeded', 'deadline_exceeded']);
      expect(requests).toHaveLength(1);
    });

    it('ends the request when all have run out of time', async () => {
      const { send, requests } = shared();
      const calls = [call(send, 100), call(send, 200)];
      await clock.advance(199);
      expect(requests[0]?.signal?.aborted).toBe(false);
      await clock.advance(1);
      expect(requests[0]?.signal?.aborted).toBe(true);
      expect(await Promise.all(calls)).toEqual(['deadline_exceeded', 'deadline_exceeded']);
      expect(clock.pending).toBe(0);
    });
  });
});
