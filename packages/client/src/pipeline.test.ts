import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AttemptsLeft, type CallError, type Priority, post } from '@parley/contract';
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
import { type Answering, type ScriptedOptions, ScriptedUpstream } from '../test-fixtures/scripted-upstream.ts';
import { requestOf } from './call/request-of.ts';
import type { Attempt, CallLayer, CallRequest } from './layer.ts';
import { settled, VirtualClock } from './testing/virtual-clock.ts';
import type { Reply } from './transport/reply.ts';
import type { Upstream } from './upstream.ts';

/** An upstream at rest has one timer: it turns the circuits' windows. */
const idleTimers = 1;

let clock: VirtualClock;
let open: ScriptedUpstream[];
beforeEach(() => {
  clock = new VirtualClock();
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((upstream) => upstream.close()));
});

/** An upstream over scripted endpoints: `http://a` answers as `answers.a` says. */
function pipelineOver(answers: Readonly<Record<string, Answering>>, given: Partial<ScriptedOptions> = {}) {
  const made = new ScriptedUpstream(answers, { clock, random: () => 0, ...given });
  open.push(made);
  const { upstream } = made;
  return { send: upstream.send, upstream, endpoints: made.group.all };
}

/** How a call ends when `ms` have passed. */
async function outcome(send: Upstream['send'], request: CallRequest = someRequest(), ms = 0) {
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

/** How a call ends, for a test that moves the clock itself. */
function ending(call: Promise<Reply>): Promise<number | string> {
  return call.then(
    ({ status }) => status,
    ({ code }: CallError) => code,
  );
}

describe('pipeline', () => {
  it('runs its layers in their order', async () => {
    const seen: string[] = [];
    const transport = scripted(someError('attempt_timeout'), someReply());
    const { send, upstream } = pipelineOver({ a: transport });
    upstream.subscribe({
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
    expect(first?.call.deadlineMs).toBe(second?.call.deadlineMs);
    expect(first?.signal).not.toBe(second?.signal);
    expect(first?.headers['x-request-timeout-ms']).toBe('430');
    // and what is left of the call's attempts is told by each
    expect([first, second].map((sent) => sent?.headers['x-attempts-left'])).toEqual(['2', '1']);
    // the balancer is below retry and above the wire
    expect([second?.endpoint, second?.call.tried.size]).toEqual(['http://a', 2]);
  });

  describe('deadline × retry', () => {
    it('ends the wait for another attempt at the deadline', async () => {
      const transport = scripted(someError());
      const { send } = pipelineOver({ a: transport }, { backoffBaseMs: 1_000, random: () => 0.99 });
      expect(await outcome(send, someRequest({ timeoutMs: 500 }))).toBe('unavailable');
      expect(transport.requests).toHaveLength(1);
      expect(clock.pending).toBe(idleTimers);
    });

    it('makes no attempt after the deadline', async () => {
      const transport = scripted<Attempt>(hangingUntilAborted);
      const { send } = pipelineOver({ a: transport }, { callTimeoutMs: 1_000 });
      expect(await outcome(send, someRequest(), 10_000)).toBe('deadline_exceeded');
      const sentAt = transport.requests.length;
      await clock.advance(60_000);
      expect(transport.requests).toHaveLength(sentAt);
      expect(clock.pending).toBe(idleTimers);
    });

    it('tells how many attempts a call made that ran out of time', async () => {
      const onCall = jest.fn();
      const { send, upstream } = pipelineOver({ a: hanging }, { callTimeoutMs: 1_000 });
      upstream.subscribe({ onCall });
      await outcome(send, someRequest(), 1_000);
      expect(onCall).toHaveBeenCalledWith(expect.objectContaining({ code: 'deadline_exceeded', attempts: 3 }));
    });
  });

  describe('deadline × attempt timeout', () => {
    it('never tells a server a longer time than the call has left', async () => {
      const transport = scripted(someReply());
      const { send } = pipelineOver({ a: transport });
      await outcome(send, somePost({ context: { deadlineMs: clock.now() + 250 } }));
      expect(transport.requests[0]?.headers['x-request-timeout-ms']).toBe('228');
    });

    it('blames no endpoint for an attempt that its caller cut short', async () => {
      const { send, endpoints } = pipelineOver({ a: hanging }, { backoffBaseMs: 0, retryBudgetPerSecond: 1_000 });
      for (let i = 0; i < 20; i++) await outcome(send, someRequest({ timeoutMs: 900 }), 900);
      expect(endpoints[0]?.isEjected).toBe(false);
    });

    it('ejects an endpoint that hangs although every caller has less time than an attempt may take', async () => {
      const { send, endpoints } = pipelineOver({ a: hanging });
      for (let i = 0; i < 5; i++) {
        expect(await outcome(send, somePost({ timeoutMs: 1_500 }), 1_500)).toBe('deadline_exceeded');
      }
      expect(endpoints[0]?.isEjected).toBe(true);
    });

    it('reports deadline_exceeded, and ejects no endpoint, where callers have too little time', async () => {
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
      expect(await outcome(send, somePost(), 5_000)).toBe('deadline_exceeded');
      expect(transport.requests).toHaveLength(1);
    });
  });

  describe('retry × Retry-After × deadline', () => {
    const later = (seconds: string) => problemReply('overloaded', { 'retry-after': seconds });

    it('waits for Retry-After where the deadline allows it', async () => {
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
      expect(clock.pending).toBe(idleTimers);
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

    it.each([
      ['half of the time of a call that gets more than callTimeoutMs', 30_000, 'text', '14980'],
      ['no more time for a call that gets callTimeoutMs', 5_000, 'text', '1980'],
      ['no more time to begin a stream, however long it may be open', 30_000, 'stream', '1980'],
    ] as const)('gives an attempt that another may follow %s', async (_, timeoutMs, replyAs, toldMs) => {
      const transport = scripted(someReply());
      const { send } = pipelineOver({ a: transport }, { callTimeoutMs: 5_000, attemptTimeoutMs: 2_000 });
      await outcome(send, someRequest({ timeoutMs, replyAs }));
      expect(transport.requests[0]?.headers['x-request-timeout-ms']).toBe(toldMs);
    });

    it('gives an attempt that nothing may follow all the time that is left', async () => {
      const transport = scripted(someReply());
      const { send } = pipelineOver({ a: transport });
      const context = { attemptsLeft: new AttemptsLeft(0) };
      await outcome(send, someRequest({ context, timeoutMs: 1_001 }));
      expect(transport.requests[0]?.headers).toMatchObject({ 'x-attempts-left': '0', 'x-request-timeout-ms': '979' });
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
      expect(await ended).toMatchObject({ message: expect.stringMatching(/is ejected: /), isUnprocessed: false });
      const ejected = rejection(send(somePost()));
      await clock.advance(200);
      expect(await ejected).toMatchObject({ message: expect.stringMatching(/is ejected: /), isUnprocessed: true });
    });

    it('uses no budget and no attempt of the request where nothing is sent', async () => {
      const { send, endpoints, upstream } = pipelineOver({ a: scripted(someReply()) });
      endpoints[0]?.eject();
      const before = upstream.status().retryBudget;
      for (let i = 0; i < 2; i++) expect(await outcome(send, someRequest(), 200)).toBe('unavailable');
      expect(upstream.status().retryBudget).toBeGreaterThanOrEqual(before);
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

    it('asks an ejected one where the others refuse connections, not where they answer badly', async () => {
      const refused = someError('unavailable', { isUnprocessed: true });
      const [restarted, leaving] = [scripted(someReply()), scripted(refused)] as const;
      const { send, endpoints } = pipelineOver({ a: restarted, b: leaving });
      endpoints[0]?.eject();
      expect(await outcome(send, somePost(), 100)).toBe(200);
      expect([restarted.requests.length, leaving.requests.length]).toEqual([1, 1]);
      expect(endpoints[0]?.status.circuit).toBe('open');

      const [ejected, bad] = [scripted(someReply()), scripted(problemReply('overloaded'))] as const;
      const other = pipelineOver({ a: ejected, b: bad });
      other.endpoints[0]?.eject();
      expect(await outcome(other.send, someRequest(), 400)).toBe(503);
      expect(ejected.requests).toHaveLength(0);
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
      const { send, upstream, endpoints } = pipelineOver({ a: bad, b: bad, c: scripted(someReply()) });
      for (const endpoint of endpoints) endpoint.eject();
      const tried: string[] = [];
      upstream.subscribe({ onAttempt: ({ endpoint }) => tried.push(endpoint) });
      expect(await outcome(send, someRequest())).toBe(200);
      expect(new Set(tried).size).toBe(tried.length);
    });
  });

  describe('circuit breaker × cancel', () => {
    it('ejects no endpoint for callers that give up', async () => {
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
    expect(await outcome(send, somePost(), 5_000)).toBe('deadline_exceeded');
    expect(endpoints[0]?.status.circuit).toBe('open');
    await clock.advance(2_000);
    expect(await outcome(send, somePost())).toBe(200);
  });

  describe('hedge', () => {
    /** Answers after 10 ms, until it is told to behave in another way. */
    function changing() {
      const script = { behave: after(10), requests: 0 };
      const transport: Answering = (request) => {
        script.requests++;
        return script.behave(request);
      };
      return { script, transport };
    }

    function after(ms: number): Answering {
      return () => new Promise((resolve) => clock.after(ms, () => resolve(someReply())));
    }

    /** Endpoints that calls count as tried, so that their first attempt goes elsewhere. */
    let avoided: readonly string[] = [];
    const avoiding: CallLayer = (next) => (call) => {
      for (const address of avoided) call.tried.add(address);
      return next(call);
    };
    afterEach(() => {
      avoided = [];
    });

    /** Two endpoints whose calls are known to take 10 ms: an attempt is slow after 10.4 ms. */
    async function warm(given: Partial<ScriptedOptions> = {}) {
      const [a, b] = [changing(), changing()];
      const pipeline = pipelineOver(
        { a: a.transport, b: b.transport },
        { hedgeRatio: 0.02, callLayers: [avoiding], ...given },
      );
      const calls = Array.from({ length: 200 }, () => pipeline.send(someRequest()));
      await clock.advance(3_010);
      await Promise.all(calls);
      a.script.requests = 0;
      b.script.requests = 0;
      return { ...pipeline, a: a.script, b: b.script };
    }

    /** Has b ejected, and then ready for a probe. */
    async function halfOpenB({ endpoints }: Awaited<ReturnType<typeof warm>>) {
      endpoints[1]?.eject();
      await clock.advance(1_000);
      expect(endpoints[1]?.status.circuit).toBe('half-open');
    }

    it('hides an endpoint that hangs, at another one, and counts nothing against it', async () => {
      const onCall = jest.fn();
      const onAttempt = jest.fn();
      const { send, endpoints, upstream, a } = await warm({ circuitMinCalls: 5 });
      upstream.subscribe({ onCall, onAttempt });
      a.behave = hanging;
      // Else the balancer would leave a alone after the first.
      avoided = ['http://b'];
      for (let i = 0; i < 4; i++) expect(await outcome(send, someRequest(), 25)).toBe(200);
      expect(a.requests).toBe(4);
      expect(onCall).toHaveBeenLastCalledWith(expect.objectContaining({ attempts: 3, code: undefined })); // that at b told of, too
      expect(onAttempt.mock.calls.slice(0, 2)).toEqual([
        [expect.objectContaining({ endpoint: 'http://b', isHedge: true, attempts: 1, code: undefined })],
        [expect.objectContaining({ endpoint: 'http://a', isHedge: false, attempts: 1, code: 'cancelled' })],
      ]);
      expect(endpoints.map(({ inFlight, isEjected }) => ({ inFlight, isEjected }))).toEqual([
        { inFlight: 0, isEjected: false },
        { inFlight: 0, isEjected: false },
      ]);
      expect(clock.pending).toBe(idleTimers);
    });

    it('× retry × budget: adds no more attempts than one budget pays for', async () => {
      const { send, a, b } = await warm({ retryBudgetRatio: 0, retryBudgetPerSecond: 5, hedgeRatio: 0.5 });
      // Slow enough to be hedged, and then a failure that is retried.
      const slowFailure: Answering = () => new Promise((_, reject) => clock.after(15, () => reject(someError())));
      a.behave = slowFailure;
      b.behave = slowFailure;
      const calls = Array.from({ length: 50 }, () => send(someRequest()).catch(() => {}));
      await clock.advance(150);
      await Promise.all(calls);
      expect(a.requests + b.requests).toBe(55);
    });

    it('× retry: makes one attempt of two copies that fail, and tries again', async () => {
      const { send, a, b } = await warm({ random: () => 0, maxAttempts: 4 });
      const slowFailure: Answering = () => new Promise((_, reject) => clock.after(15, () => reject(someError())));
      a.behave = slowFailure;
      b.behave = scripted(someError(), someReply());
      expect(await outcome(send, someRequest(), 100)).toBe(200);
      expect([a.requests, b.requests]).toEqual([2, 2]);
    });

    it('× attempts left: is one of them', async () => {
      const { send, a, b } = await warm();
      a.behave = hanging;
      b.behave = hanging;
      const left = new AttemptsLeft(1);
      await outcome(send, someRequest({ timeoutMs: 50, context: { attemptsLeft: left } }), 50);
      expect([a.requests + b.requests, left.count]).toEqual([2, 0]);
      await outcome(send, someRequest({ timeoutMs: 50, context: { attemptsLeft: left } }), 50);
      expect(a.requests + b.requests).toBe(3);
    });

    it('× circuit breaker: is never the probe', async () => {
      const pipeline = await warm();
      const { send, endpoints, upstream, a, b } = pipeline;
      const onAttempt = jest.fn();
      await halfOpenB(pipeline);
      upstream.subscribe({ onAttempt });
      a.behave = after(50);
      avoided = ['http://b'];
      expect(await outcome(send, someRequest(), 50)).toBe(200);
      expect(b.requests).toBe(0);
      expect(onAttempt).toHaveBeenCalledWith(
        expect.objectContaining({ endpoint: 'http://a', isHedge: true, code: 'cancelled' }),
      );
      expect(endpoints[1]?.status).toMatchObject({ circuit: 'half-open', inFlight: 0 });
      expect(endpoints[1]?.isEjected).toBe(false);
    });

    it('× circuit breaker: leaves the place of a probe that was outrun to the next one', async () => {
      const pipeline = await warm({ circuitProbes: 1 });
      const { send, endpoints, b } = pipeline;
      await halfOpenB(pipeline);
      b.behave = hanging;
      avoided = ['http://a'];
      expect(await outcome(send, someRequest(), 25)).toBe(200);
      expect(b.requests).toBe(1);
      expect(endpoints[1]?.status).toMatchObject({ circuit: 'half-open', inFlight: 0 });
      b.behave = scripted(someReply());
      avoided = ['http://a'];
      expect(await outcome(send, someRequest())).toBe(200);
      expect(endpoints[1]?.status.circuit).toBe('closed');
    });

    it('× deadline: ends both copies when the time is up', async () => {
      const { send, endpoints, a, b } = await warm({ maxAttempts: 2 });
      a.behave = hanging;
      b.behave = hanging;
      expect(await outcome(send, someRequest({ timeoutMs: 20 }), 20)).toBe('deadline_exceeded');
      expect([a.requests, b.requests]).toEqual([1, 1]);
      expect(endpoints.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
      expect(clock.pending).toBe(idleTimers);
    });

    it('× concurrency limit: takes no second place', async () => {
      const { send, upstream, a, b } = await warm({
        concurrencyLimit: 1,
        maxQueue: 1_000,
        maxAttempts: 2,
        callTimeoutMs: 60_000,
      });
      a.behave = hanging;
      const call = ending(send(someRequest()));
      await clock.advance(11);
      expect(upstream.concurrency()).toMatchObject({ inFlight: 1, queued: 0 });
      expect(b.requests).toBe(1);
      await clock.advance(10);
      expect(await call).toBe(200);
    });
  });

  describe('single-flight', () => {
    it('× retry: retries once for all', async () => {
      const transport = scripted(someError(), someReply());
      const { send } = pipelineOver({ a: transport, b: transport }, { singleFlight: true });
      const calls = [1, 2, 3].map(() => ending(send(someRequest())));
      await clock.advance(100);
      expect(await Promise.all(calls)).toEqual([200, 200, 200]);
      expect(transport.requests).toHaveLength(2);
    });

    it('× cancel: goes on between two attempts without the caller that began it', async () => {
      const transport = scripted(someError(), someReply());
      const { send } = pipelineOver({ a: transport }, { singleFlight: true, random: () => 0.5 });
      const caller = new AbortController();
      const first = ending(send(someRequest({ context: { signal: caller.signal } })));
      const second = ending(send(someRequest()));
      await clock.advance(1);
      caller.abort();
      await clock.advance(100);
      expect(await first).toBe('cancelled');
      expect(await second).toBe(200);
      expect(transport.requests).toHaveLength(2);
      expect(clock.pending).toBe(idleTimers);
    });

    it('× cancel: ends the wait for another attempt when all have gone', async () => {
      const transport = scripted(someError());
      const { send } = pipelineOver({ a: transport }, { singleFlight: true, random: () => 0.5 });
      const caller = new AbortController();
      const request = () => someRequest({ context: { signal: caller.signal } });
      const calls = [ending(send(request())), ending(send(request()))];
      await clock.advance(1);
      caller.abort();
      expect(await Promise.all(calls)).toEqual(['cancelled', 'cancelled']);
      expect(clock.pending).toBe(idleTimers);
      await clock.advance(60_000);
      expect(transport.requests).toHaveLength(1);
    });

    it('× deadline: a caller with little time does not shorten the others', async () => {
      const transport = scripted<Attempt>(hangingUntilAborted, someReply());
      const { send } = pipelineOver({ a: transport }, { singleFlight: true, maxAttempts: 1 });
      const first = ending(send(someRequest({ timeoutMs: 50 })));
      const second = ending(send(someRequest({ timeoutMs: 1_000 })));
      await clock.advance(50);
      expect(await first).toBe('deadline_exceeded');
      expect(await second).toBe(200);
      expect(Number(transport.requests[1]?.headers['x-request-timeout-ms'])).toBeGreaterThan(900);
    });

    it('× concurrency limit: a call that joins takes no place', async () => {
      const transport = scripted<Attempt>(hangingUntilAborted);
      const { send, upstream } = pipelineOver({ a: transport }, { singleFlight: true, concurrencyLimit: 1 });
      for (let i = 0; i < 5; i++) void ending(send(someRequest()));
      await settled();
      expect(upstream.concurrency()).toEqual({ limit: 1, inFlight: 1, queued: 0 });
      await clock.advance(10_000);
      expect(upstream.concurrency().inFlight).toBe(0);
    });
  });

  describe('concurrency limit', () => {
    it('× retry: a call holds one place for all its attempts, and the waits between', async () => {
      const transport = scripted(someError(), someReply());
      const { send, upstream } = pipelineOver({ a: transport }, { concurrencyLimit: 1, random: () => 0.5 });
      const calls = [send(someRequest()), send(someRequest())].map(ending);
      await settled();
      expect(upstream.concurrency()).toEqual({ limit: 1, inFlight: 1, queued: 1 });
      await clock.advance(25);
      expect(await Promise.all(calls)).toEqual([200, 200]);
      expect(transport.requests.map(({ number }) => number)).toEqual([1, 2, 1]);
    });

    it('× retry: does not try again what it has refused, and makes no attempt', async () => {
      const transport = scripted<Attempt>(hangingUntilAborted);
      const onCall = jest.fn();
      const { send, upstream } = pipelineOver({ a: transport }, { concurrencyLimit: 1, maxQueue: 0 });
      upstream.subscribe({ onCall });
      void ending(send(someRequest()));
      expect(await outcome(send)).toBe('overloaded');
      expect(onCall).toHaveBeenCalledWith(expect.objectContaining({ code: 'overloaded', attempts: 0 }));
      await clock.advance(1_000);
      expect(transport.requests).toHaveLength(1);
    });

    it('× priority × deadline: serves high priority first, and drops calls that run out of time in the queue', async () => {
      const sent: (string | undefined)[] = [];
      const transport: Answering = ({ call }) => {
        sent.push(call.context.priority);
        return new Promise((resolve) => clock.after(100, () => resolve(someReply())));
      };
      const { send, upstream } = pipelineOver({ a: transport }, { concurrencyLimit: 1 });
      const call = (priority: Priority, timeoutMs: number) =>
        ending(send(someRequest({ timeoutMs, context: { priority } })));
      const calls = [
        call('normal', 1_000),
        call('background', 1_000),
        call('normal', 150), // nobody knows yet how long a place is held
        call('critical', 1_000),
      ];
      await clock.advance(150);
      expect(upstream.concurrency()).toEqual({ limit: 1, inFlight: 1, queued: 1 });
      await clock.advance(150);
      expect(await Promise.all(calls)).toEqual([200, 200, 'deadline_exceeded', 200]);
      expect(sent).toEqual(['normal', 'critical', 'background']);
      expect(clock.pending).toBe(idleTimers);
    });
  });
});
