import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AttemptsLeft, type CallError, post } from '@parley/contract';
import {
  hanging,
  hangingUntilAborted,
  problemReply,
  rejection,
  type Step,
  scripted,
  someError,
  somePost,
  someReply,
  someRequest,
} from '../test-fixtures/sample.ts';
import { settled, VirtualClock } from '../test-fixtures/virtual-clock.ts';
import { ActiveProbe } from './balancing/active-probe.ts';
import { EndpointGroup } from './balancing/endpoint-group.ts';
import { EndpointLoad } from './balancing/endpoint-load.ts';
import { Endpoint } from './endpoint.ts';
import type { Request, Send } from './layer.ts';
import { callPipeline, endpointPipeline, type UpstreamShared } from './pipeline.ts';
import { requestOf } from './request-of.ts';
import { CircuitBreaker } from './resilience/circuit-breaker.ts';
import { PoisonRequests } from './resilience/poison-requests.ts';
import { RetryBudget } from './resilience/retry-budget.ts';
import { OpenStreams } from './streaming/open-streams.ts';
import { Telemetry } from './telemetry.ts';
import { ConnectionPool } from './transport/connection-pool.ts';
import { type UpstreamOptions, upstreamOptions } from './upstream-options.ts';

let clock: VirtualClock;
let open: Endpoint[];
beforeEach(() => {
  clock = new VirtualClock();
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((endpoint) => endpoint.close()));
});

/** The whole pipeline over scripted endpoints: `http://a:1` answers as `transports.a` says. */
function pipelineOver(transports: Readonly<Record<string, Send>>, given: Partial<UpstreamOptions> = {}) {
  const options = upstreamOptions({ clock, random: () => 0, ...given });
  const telemetry = new Telemetry();
  const budget = new RetryBudget(options, clock);
  const shared: UpstreamShared = {
    name: 'things',
    options,
    telemetry,
    budget,
    poison: new PoisonRequests(() => budget.refund(), clock),
    endpoints: () => group,
    streams: new OpenStreams(),
  };
  const rotation = new EventEmitter();
  const endpoints = Object.entries(transports).map(([name, transport]) => {
    const address = `http://${name}:1`;
    const breaker = new CircuitBreaker(options, rotation, (state) => {
      endpoint.circuitChanged(state);
      group.refresh();
    });
    const load = new EndpointLoad(options);
    const pipeline = endpointPipeline(shared, { address, breaker, load, transport });
    const pool = new ConnectionPool(address, options);
    const probe = new ActiveProbe(options, transport, () => breaker.readmit());
    const endpoint = new Endpoint(address, { breaker, pool, load, probe, pipeline, clock });
    return endpoint;
  });
  const group = new EndpointGroup(options, endpoints);
  open.push(...endpoints);
  return { send: callPipeline(shared), endpoints, telemetry };
}

/** How a call ends when `ms` have passed. */
async function outcome(send: Send, request: Request = someRequest(), ms = 0) {
  let ended: unknown = 'pending';
  send(request).then(
    ({ status }) => {
      ended = status;
    },
    ({ code }: CallError) => {
      ended = code;
    },
  );
  await clock.advance(ms);
  return ended;
}

describe('pipeline', () => {
  it('runs its layers in their order', async () => {
    const seen: string[] = [];
    const transport = scripted(someError('attempt_timeout'), someReply());
    const { send, telemetry } = pipelineOver({ a: transport });
    telemetry.subscribe({
      onCall: ({ attempts, code }) => seen.push(`call telemetry: ${attempts} attempts, ${code}`),
      onAttempt: ({ attempts, code }) => seen.push(`attempt telemetry: attempt ${attempts}, ${code}`),
    });
    await outcome(send, someRequest({ timeoutMs: 900 }), 100);
    const [first, second] = transport.requests;
    // telemetry of the call is outermost, that of an attempt below retry
    expect(seen).toEqual([
      'attempt telemetry: attempt 1, attempt_timeout',
      'attempt telemetry: attempt 2, undefined',
      'call telemetry: 2 attempts, undefined',
    ]);
    // deadline is above retry: both attempts have the same; the attempt timeout is below: each has its own signal
    expect(first?.deadlineMs).toBe(second?.deadlineMs);
    expect(first?.signal).not.toBe(second?.signal);
    expect(first?.headers['x-request-timeout-ms']).toBe('430');
    // and what is left of the call's attempts is told by each
    expect([first, second].map((sent) => sent?.headers['x-attempts-left'])).toEqual(['2', '1']);
    // the balancer is below retry and above the wire
    expect(second?.tried).toEqual(['http://a:1', 'http://a:1']);
  });

  describe('deadline × retry', () => {
    it('ends the wait for another attempt at the deadline', async () => {
      const transport = scripted(someError());
      const { send } = pipelineOver({ a: transport }, { backoffBaseMs: 1_000, random: () => 0.99 });
      expect(await outcome(send, someRequest({ timeoutMs: 500 }))).toBe('unavailable');
      expect(transport.requests).toHaveLength(1);
      expect(clock.pending).toBe(0);
    });

    it('makes no attempt after the deadline', async () => {
      const transport = scripted(hangingUntilAborted);
      const { send } = pipelineOver({ a: transport }, { callTimeoutMs: 1_000 });
      expect(await outcome(send, someRequest(), 10_000)).toBe('deadline_exceeded');
      const sentAt = transport.requests.length;
      await clock.advance(60_000);
      expect(transport.requests).toHaveLength(sentAt);
      expect(clock.pending).toBe(0);
    });

    it('tells how many attempts a call made that ran out of time', async () => {
      const onCall = jest.fn();
      const { send, telemetry } = pipelineOver({ a: hanging }, { callTimeoutMs: 1_000 });
      telemetry.subscribe({ onCall });
      await outcome(send, someRequest(), 1_000);
      expect(onCall).toHaveBeenCalledWith(expect.objectContaining({ code: 'deadline_exceeded', attempts: 3 }));
    });
  });

  describe('deadline × attempt timeout', () => {
    it('never tells a server a longer time than the call has left', async () => {
      const transport = scripted(someReply());
      const { send } = pipelineOver({ a: transport });
      await outcome(send, somePost({ context: { deadlineMs: clock.now() + 250 } }));
      expect(transport.requests[0]?.headers['x-request-timeout-ms']).toBe('229');
    });

    it('blames nobody for an attempt that its caller had cut short', async () => {
      const { send, endpoints } = pipelineOver({ a: hanging }, { backoffBaseMs: 0, retryBudgetPerSecond: 1_000 });
      for (let i = 0; i < 20; i++) await outcome(send, someRequest({ timeoutMs: 900 }), 900);
      expect(endpoints[0]?.isEjected).toBe(false);
    });

    it('ejects who hangs although every caller has less time than an attempt may take', async () => {
      const { send, endpoints } = pipelineOver({ a: hanging });
      for (let i = 0; i < 5; i++) {
        expect(await outcome(send, somePost({ timeoutMs: 1_500 }), 1_500)).toBe('deadline_exceeded');
      }
      expect(endpoints[0]?.isEjected).toBe(true);
    });

    it('says deadline_exceeded, and ejects nobody, where callers have too little time', async () => {
      const { send, endpoints } = pipelineOver({ a: hanging });
      for (let i = 0; i < 20; i++) {
        expect(await outcome(send, somePost({ timeoutMs: 50 }), 50)).toBe('deadline_exceeded');
      }
      expect(endpoints[0]?.isEjected).toBe(false);
    });
  });

  describe('attempt timeout × retry', () => {
    it('leaves time for another endpoint to answer', async () => {
      const { send } = pipelineOver({ a: hanging, b: scripted(someReply()) }, { callTimeoutMs: 1_000 });
      expect(await outcome(send, someRequest(), 499)).toBe('pending');
      expect(await outcome(send, someRequest(), 501)).toBe(200);
    });

    it('does not send a POST again that timed out', async () => {
      const transport = scripted(hanging);
      const { send } = pipelineOver({ a: transport, b: transport });
      expect(await outcome(send, somePost(), 2_000)).toBe('attempt_timeout');
      expect(transport.requests).toHaveLength(1);
    });
  });

  describe('retry × Retry-After × deadline', () => {
    const later = (seconds: string) => problemReply('overloaded', { 'retry-after': seconds });

    it('waits as long as it is told where the deadline allows it', async () => {
      const transport = scripted(later('3'), someReply());
      const { send } = pipelineOver({ a: transport });
      expect(await outcome(send, someRequest(), 2_999)).toBe('pending');
      expect(transport.requests).toHaveLength(1);
      await clock.advance(1);
      expect(transport.requests).toHaveLength(2);
    });

    it('answers at once where it does not, and spends nothing', async () => {
      const transport = scripted(later('3'));
      const { send } = pipelineOver({ a: transport }, { retryBudgetRatio: 0, retryBudgetPerSecond: 1 });
      expect(await outcome(send, someRequest({ timeoutMs: 2_000 }))).toBe(503);
      expect(clock.pending).toBe(0);
      expect(await outcome(send, someRequest(), 3_000)).toBe(503);
      expect(transport.requests).toHaveLength(3);
    });
  });

  describe('attempts left × maxAttempts', () => {
    const options = { backoffBaseMs: 0, retryBudgetPerSecond: 1_000, circuitMinCalls: 1_000 };

    it.each([
      [0, 3, 1],
      [1, 3, 2],
      [9, 3, 3],
      [9, 1, 1],
    ])('with %d left and %d at most makes %d', async (left, maxAttempts, made) => {
      const transport = scripted(someError());
      const { send } = pipelineOver({ a: transport }, options);
      const attemptsLeft = new AttemptsLeft(left);
      await outcome(send, someRequest({ context: { attemptsLeft }, maxAttempts }));
      expect(transport.requests).toHaveLength(made);
      expect(attemptsLeft.count).toBe(left - made + 1);
    });

    it('gives an attempt that nothing may follow all the time that is left', async () => {
      const transport = scripted(someReply());
      const { send } = pipelineOver({ a: transport });
      const context = { attemptsLeft: new AttemptsLeft(0) };
      await outcome(send, someRequest({ context, timeoutMs: 1_001 }));
      expect(transport.requests[0]?.headers).toMatchObject({ 'x-attempts-left': '0', 'x-request-timeout-ms': '980' });
    });
  });

  describe('keyed × retry', () => {
    it('sends one key with all attempts', async () => {
      const transport = scripted(someError('attempt_timeout'), someError(), someReply());
      const { send } = pipelineOver({ a: transport });
      const buy = post('/api/things', { summary: 's', safety: 'keyed' });
      expect(await outcome(send, requestOf(buy, {}))).toBe(200);
      const keys = transport.requests.map(({ headers }) => headers['idempotency-key']);
      expect(keys).toEqual([expect.stringMatching(/^"[0-9a-f-]{36}"$/), keys[0], keys[0]]);
    });
  });

  describe('retry × budget', () => {
    it('adds no more than a fifth of load to an outage', async () => {
      const transport = scripted(someError());
      const never = { circuitMinCalls: 1_000_000, circuitConsecutiveFailures: 1_000_000, retryBudgetPerSecond: 0 };
      const { send } = pipelineOver({ a: transport, b: transport }, never);
      const calls = Array.from({ length: 1_000 }, () => send(someRequest()).catch(() => {}));
      await clock.advance(1);
      await Promise.all(calls);
      expect(transport.requests.length).toBeGreaterThan(1_150);
      expect(transport.requests.length).toBeLessThanOrEqual(1_200);
    });
  });

  describe('retry × circuit breaker', () => {
    it('goes to another endpoint while one is ejected', async () => {
      const bad = scripted(someError());
      const good = scripted(someReply());
      const { send, endpoints } = pipelineOver({ a: bad, b: good }, { circuitMinCalls: 1 });
      for (let i = 0; i < 4; i++) expect(await outcome(send, someRequest())).toBe(200);
      expect(endpoints[0]?.isEjected).toBe(true);
      const sent = bad.requests.length;
      for (let i = 0; i < 40; i++) expect(await outcome(send, somePost())).toBe(200);
      expect(bad.requests).toHaveLength(sent);
    });

    it('does not say that nothing was processed where an attempt may have been before all were ejected', async () => {
      const { send } = pipelineOver({ a: scripted(someError('attempt_timeout')) }, { circuitMinCalls: 1 });
      const ended = rejection(send(someRequest()));
      await clock.advance(200);
      expect(await ended).toMatchObject({ message: expect.stringMatching(/is ejected$/), isUnprocessed: false });
      const ejected = rejection(send(somePost()));
      await clock.advance(200);
      expect(await ejected).toMatchObject({ message: expect.stringMatching(/is ejected$/), isUnprocessed: true });
    });

    it('fails fast, sending nothing, while all are ejected, and recovers by a probe', async () => {
      const answers: Step[] = Array.from({ length: 5 }, () => someError());
      const transport = scripted(...answers, someReply());
      const { send } = pipelineOver({ a: transport });
      for (let i = 0; i < 5; i++) await outcome(send, somePost());
      expect(await outcome(send, somePost())).toBe('unavailable');
      expect(transport.requests).toHaveLength(5);
      await clock.advance(1_000);
      expect(await outcome(send, somePost())).toBe(200);
      expect(await outcome(send, somePost())).toBe(200);
    });
  });

  describe('balancer × circuit breaker', () => {
    it('sends to all when more than half are ejected, and to none of a single one', async () => {
      const answers = [scripted(someReply()), scripted(someReply()), scripted(someReply())] as const;
      const { send, endpoints } = pipelineOver(
        { a: answers[0], b: answers[1], c: answers[2] },
        { random: Math.random },
      );
      endpoints[0]?.eject();
      for (let i = 0; i < 50; i++) await outcome(send, somePost());
      expect(answers[0].requests).toHaveLength(0);
      endpoints[1]?.eject();
      for (let i = 0; i < 100; i++) expect(await outcome(send, somePost())).toBe(200);
      for (const { requests } of answers) expect(requests.length).toBeGreaterThan(10);
      expect(endpoints.map(({ status }) => status.circuit)).toEqual(['open', 'open', 'closed']);
      expect(answers[0].requests[0]?.isPanic).toBe(true);

      const alone = pipelineOver({ a: answers[0] });
      alone.endpoints[0]?.eject();
      expect(await outcome(alone.send, somePost())).toBe('unavailable');
    });

    it('sends the probe as soon as the circuit wants one, however slow the endpoint was', async () => {
      const back = scripted(someError(), someReply());
      const { send, endpoints } = pipelineOver(
        { a: back, b: scripted(someReply()) },
        { circuitMinCalls: 1, circuitProbes: 1 },
      );
      for (let i = 0; i < 5; i++) expect(await outcome(send, someRequest())).toBe(200);
      expect(endpoints[0]?.status).toMatchObject({ circuit: 'open', isEjected: true });
      await clock.advance(1_000);
      await outcome(send, someRequest());
      expect(endpoints[0]?.status).toMatchObject({ circuit: 'closed', isEjected: false });
      expect(back.requests).toHaveLength(2);
    });
  });

  describe('balancer × retry', () => {
    it('tries again elsewhere, and stays away from what failed before its circuit opens', async () => {
      const bad = scripted(someError());
      const good = scripted(someReply());
      const { send, endpoints } = pipelineOver({ a: bad, b: good, c: good });
      for (let i = 0; i < 100; i++) expect(await outcome(send, someRequest())).toBe(200);
      expect(bad.requests).toHaveLength(1);
      expect(endpoints[0]?.status).toMatchObject({ circuit: 'closed', latencyMs: 5_000 });
    });

    it('tries each endpoint once in a panic too', async () => {
      const bad = scripted(someError());
      const { send, endpoints } = pipelineOver({ a: bad, b: bad, c: scripted(someReply()) });
      for (const endpoint of endpoints) endpoint.eject();
      const request = someRequest();
      expect(await outcome(send, request)).toBe(200);
      expect(new Set(request.tried).size).toBe(request.tried.length);
    });
  });

  describe('circuit breaker × cancel', () => {
    it('ejects nobody for callers who give up', async () => {
      const { send, endpoints } = pipelineOver({ a: hangingUntilAborted });
      for (let i = 0; i < 50; i++) {
        const caller = new AbortController();
        const call = outcome(send, someRequest({ context: { signal: caller.signal } }), 1);
        caller.abort();
        expect(await call).toBe('cancelled');
      }
      expect(endpoints[0]).toMatchObject({ isEjected: false, inFlight: 0 });
    });

    it('counts nothing in flight any more when calls were given up, even if the wire ignores it', async () => {
      const { send, endpoints } = pipelineOver({ a: hanging });
      const caller = new AbortController();
      const call = outcome(send, someRequest({ context: { signal: caller.signal } }), 1);
      await settled();
      expect(endpoints[0]?.inFlight).toBe(1);
      caller.abort();
      await call;
      expect(endpoints[0]?.inFlight).toBe(0);
    });
  });

  it('bounds a probe that hangs: the next one follows', async () => {
    const answers: Step[] = Array.from({ length: 5 }, () => someError());
    const { send, endpoints } = pipelineOver({ a: scripted(...answers, hanging, someReply()) });
    for (let i = 0; i < 5; i++) await outcome(send, somePost());
    await clock.advance(1_000);
    expect(await outcome(send, somePost(), 2_000)).toBe('attempt_timeout');
    expect(endpoints[0]?.status.circuit).toBe('open');
    await clock.advance(2_000);
    expect(await outcome(send, somePost())).toBe(200);
  });
});
