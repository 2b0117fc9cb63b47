import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  hangingUntilAborted,
  problemReply,
  rejection,
  scripted,
  someAttempt,
  someError,
  someReply,
} from '../../test-fixtures/sample.ts';
import { EndpointLoad } from '../endpoint/endpoint-load.ts';
import type { SendAttempt } from '../layer.ts';
import { CurrentOptions } from '../options/current-options.ts';
import { settled, VirtualClock } from '../testing/virtual-clock.ts';
import { Attribution } from './attribution.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { circuitBreaker } from './circuit-breaker-layer.ts';
import { PoisonRequests } from './poison-requests.ts';

let clock: VirtualClock;
let breaker: CircuitBreaker;
let layer: ReturnType<typeof circuitBreaker>;
beforeEach(() => {
  clock = new VirtualClock();
  const options = new CurrentOptions({ circuitConsecutiveFailures: 1_000, circuitProbes: 1, clock, random: () => 1 });
  breaker = new CircuitBreaker(options, new EventEmitter(), () => {});
  layer = circuitBreaker(
    breaker,
    new Attribution(new PoisonRequests(() => {}, clock), breaker, new EndpointLoad(options)),
    clock,
  );
});
afterEach(() => {
  breaker.close();
});

function fail(times: number): void {
  for (let i = 0; i < times; i++) breaker.acquire()?.fail();
}

async function halfOpen(): Promise<void> {
  fail(10);
  await clock.advance(1_000);
  expect(breaker.state).toBe('half-open');
}

describe('circuitBreaker', () => {
  const through = (send: SendAttempt) => layer(send)(someAttempt());
  const repeat = async (send: SendAttempt, times = 10) => {
    for (let i = 0; i < times; i++) await through(send).catch(() => {});
  };

  it('readmits an endpoint in panic by a good reply, not by one that wants less', async () => {
    const inPanic = (send: SendAttempt) => layer(send)(someAttempt({ isPanic: true }));
    fail(10);
    await inPanic(scripted(problemReply('overloaded')));
    expect(breaker.state).toBe('open');
    await inPanic(scripted(someReply()));
    expect(breaker.state).toBe('half-open');
  });

  it('lets no hedge be a probe, and blames no endpoint for that', async () => {
    const send = scripted(someReply());
    await halfOpen();
    const error = await rejection(layer(send)(someAttempt({ isHedge: true })));
    expect(error).toMatchObject({ code: 'cancelled', isUnprocessed: true, endpoint: 'http://a' });
    expect(breaker.availability).toBe('probe-wanted');
    expect(send.requests).toHaveLength(0);
  });

  it('refuses, as never processed, while the circuit is open', async () => {
    fail(10);
    const send = scripted(someReply());
    const error = await rejection(through(send));
    expect(error).toMatchObject({ code: 'unavailable', isUnprocessed: true, endpoint: 'http://a' });
    expect(error.message).toContain('the circuit of http://a is open since 0.0 s');
    expect(send.requests).toHaveLength(0);
  });

  it('says that an operator forced the circuit open', async () => {
    breaker.forceOpen();
    const error = await rejection(through(scripted(someReply())));
    expect(error.message).toContain('the circuit of http://a is forced open: an operator ends that with auto');
  });

  it.each([
    ['a broken connection', someError('unavailable')],
    ['an attempt timeout', someError('attempt_timeout')],
    ['an internal error', problemReply('internal')],
    ['an unavailable service', problemReply('unavailable')],
  ])('counts %s against the endpoint', async (_, outcome) => {
    await repeat(scripted(outcome));
    expect(breaker.state).toBe('open');
  });

  it.each([
    ['a caller who gave up', someError('cancelled')],
    ['a call out of time', someError('deadline_exceeded')],
    ['a request that is not fit to be sent', someError('invalid_input')],
    ['a bug in an interceptor', () => Promise.reject(new TypeError('oops'))],
  ])('learns nothing from %s', async (_, outcome) => {
    await repeat(scripted(outcome), 1_000);
    expect(breaker.state).toBe('closed');
    fail(10);
    expect(breaker.state).toBe('open');
    await clock.advance(1_000);
    await repeat(scripted(outcome));
    expect(breaker.state).toBe('half-open');
  });

  it.each(['not_found', 'upstream_unavailable'] as const)(
    'takes a %s for the answer of a working endpoint, from a probe too',
    async (code) => {
      await repeat(scripted(problemReply(code)), 100);
      expect(breaker.state).toBe('closed');
      fail(101);
      await settled();
      await clock.advance(1_000);
      await through(scripted(problemReply(code)));
      await settled();
      expect(breaker.state).toBe('closed');
    },
  );

  it.each(['rate_limited', 'overloaded'] as const)(
    'takes %s for the answer of a working endpoint, but for a failed probe, and waits as long as it asks',
    async (code) => {
      await repeat(scripted(problemReply(code)), 100);
      expect(breaker.state).toBe('closed');
      fail(101);
      await clock.advance(1_000);
      await through(scripted(problemReply(code, { 'retry-after': '60' })));
      expect(breaker.state).toBe('open');
      await clock.advance(59_999);
      expect(breaker.state).toBe('open');
      await clock.advance(1);
      expect(breaker.state).toBe('half-open');
    },
  );

  it('is ready for the next probe after a hanging probe was cancelled', async () => {
    await halfOpen();
    const caller = new AbortController();
    const probe = layer(hangingUntilAborted)(someAttempt({ signal: caller.signal }));
    expect(breaker.availability).toBe('probing');
    caller.abort(someError('cancelled'));
    await rejection(probe);
    expect(breaker.availability).toBe('probe-wanted');
  });
});
