import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CallError } from '@parley/contract';
import {
  hanging,
  hangingUntilAborted,
  type Step,
  scripted,
  someError,
  somePost,
  someReply,
  someRequest,
} from '../test-fixtures/sample.ts';
import { Endpoint } from './endpoint.ts';
import type { Request, Send } from './layer.ts';
import { callPipeline, endpointPipeline, type UpstreamShared } from './pipeline.ts';
import { CircuitBreaker } from './resilience/circuit-breaker.ts';
import { RetryBudget } from './resilience/retry-budget.ts';
import { OpenStreams } from './streaming/open-streams.ts';
import { Telemetry } from './telemetry.ts';
import { settled, VirtualClock } from './testing/virtual-clock.ts';
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
  const shared: UpstreamShared = {
    name: 'things',
    options,
    telemetry,
    budget: new RetryBudget(options, clock),
    endpoints: () => endpoints,
    streams: new OpenStreams(),
  };
  const rotation = new EventEmitter();
  const endpoints = Object.entries(transports).map(([name, transport]) => {
    const address = `http://${name}:1`;
    const breaker = new CircuitBreaker(options, rotation, () => {});
    const pipeline = endpointPipeline(shared, { address, breaker, transport });
    return new Endpoint(address, breaker, new ConnectionPool(address, options), pipeline);
  });
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
    expect(first?.headers['x-request-timeout-ms']).toBe('450');
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
      expect(transport.requests[0]?.headers['x-request-timeout-ms']).toBe('250');
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

  describe('retry × budget', () => {
    it('adds no more than a fifth of load to an outage', async () => {
      const transport = scripted(someError());
      const never = { circuitMinCalls: 1_000_000, retryBudgetPerSecond: 0 };
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
      const { send, endpoints } = pipelineOver({ a: bad, b: good }, { retryBudgetPerSecond: 1_000 });
      for (let i = 0; i < 40; i++) expect(await outcome(send, someRequest())).toBe(200);
      expect(endpoints[0]?.isEjected).toBe(true);
      const sent = bad.requests.length;
      for (let i = 0; i < 40; i++) expect(await outcome(send, somePost())).toBe(200);
      expect(bad.requests).toHaveLength(sent);
    });

    it('fails fast, sending nothing, while all are ejected, and recovers by a probe', async () => {
      const answers: Step[] = Array.from({ length: 10 }, () => someError());
      const transport = scripted(...answers, someReply());
      const { send } = pipelineOver({ a: transport });
      for (let i = 0; i < 10; i++) await outcome(send, somePost());
      expect(await outcome(send, somePost())).toBe('unavailable');
      expect(transport.requests).toHaveLength(10);
      await clock.advance(1_000);
      expect(await outcome(send, somePost())).toBe(200);
      expect(await outcome(send, somePost())).toBe(200);
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
    const answers: Step[] = Array.from({ length: 10 }, () => someError());
    const { send, endpoints } = pipelineOver({ a: scripted(...answers, hanging, someReply()) });
    for (let i = 0; i < 10; i++) await outcome(send, somePost());
    await clock.advance(1_000);
    expect(await outcome(send, somePost(), 2_000)).toBe('attempt_timeout');
    expect(endpoints[0]?.status.circuit).toBe('open');
    await clock.advance(1_000);
    expect(await outcome(send, somePost())).toBe(200);
  });
});
