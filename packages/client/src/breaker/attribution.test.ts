import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CallError } from '@parley/contract';
import { problemReply, someAttempt, someError } from '../../test-fixtures/sample.ts';
import { EndpointLoad } from '../endpoint/endpoint-load.ts';
import type { Attempt } from '../layer.ts';
import { CurrentOptions } from '../options/current-options.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Attribution } from './attribution.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { PoisonRequests } from './poison-requests.ts';

let clock: VirtualClock;
let poison: PoisonRequests;
let refund: jest.Mock<() => void>;
let calls = 0;
beforeEach(() => {
  clock = new VirtualClock();
  refund = jest.fn();
  poison = new PoisonRequests(refund, clock);
});

/** One endpoint, and how its attempts end. */
function endpoint() {
  const options = new CurrentOptions({ clock, circuitConsecutiveFailures: 1_000, circuitMinCalls: 1_000 });
  const breaker = new CircuitBreaker(options, new EventEmitter(), () => {});
  const load = new EndpointLoad(options);
  const attribution = new Attribution(poison, breaker, load);
  const permit = () => {
    const permit = breaker.acquire();
    if (!permit) throw new Error('expected a permit');
    return permit;
  };
  return {
    answers: (request = call()) => attribution.answered(request, permit()),
    fails: (request: Attempt, code: 'unavailable' | 'internal' = 'unavailable', number = 1) =>
      attribution.failed({ ...request, number }, permit(), problemReply(code).error as CallError),
    breaks: () => attribution.broke(permit(), someError('unavailable')),
    get failures() {
      return breaker.counts.failures;
    },
    get latency() {
      return load.latency;
    },
  };
}

/** A request of a call of its own, which may be tried again. */
function call(path = `/api/things/${++calls}`): Attempt {
  return someAttempt({ mayRetry: true }, { path });
}

const isPoison = ({ call }: Attempt) => poison.isPoison(call, 'unavailable');

describe('attribution', () => {
  it('falls on the request that failed at two endpoints which then answer others', () => {
    const [a, b, request] = [endpoint(), endpoint(), call()];
    a.fails(request);
    b.fails(request, 'unavailable', 2);
    expect([a.failures, b.failures, isPoison(request)]).toEqual([0, 0, false]);
    a.answers();
    expect(isPoison(request)).toBe(true);
    b.answers();
    expect([a.failures, b.failures]).toEqual([0, 0]);
    expect(refund).toHaveBeenCalledTimes(1);
  });

  it('makes an endpoint look slow when it falls on it, and not before', () => {
    const [a, b, request] = [endpoint(), endpoint(), call()];
    a.fails(request);
    expect(a.latency.isKnown).toBe(false);
    b.answers(request);
    expect(a.latency.at(clock.now())).toBe(5_000);
    expect(b.latency.isKnown).toBe(false);
  });

  it('falls on the request too where an endpoint answers others before the next one fails', () => {
    const [a, b, request] = [endpoint(), endpoint(), call()];
    a.fails(request);
    a.answers();
    b.fails(request);
    expect(isPoison(request)).toBe(true);
  });

  it('falls on the request after its call has ended', () => {
    const [a, b, request] = [endpoint(), endpoint(), call()];
    a.fails(request);
    b.fails({ ...request, mayRetry: false });
    poison.ended(request.call);
    a.answers();
    expect(isPoison(request)).toBe(true);
  });

  it('falls on the endpoint where another one answers the request well', () => {
    const [a, b, request] = [endpoint(), endpoint(), call()];
    a.fails(request);
    a.answers();
    b.answers(request);
    expect([a.failures, b.failures, isPoison(request)]).toEqual([1, 0, false]);
  });

  it.each(['fails', 'breaks'] as const)('falls on the endpoint whose next request, another one, %s too', (ends) => {
    const [a, b, request] = [endpoint(), endpoint(), call()];
    for (const one of [a, b]) one.fails(request);
    for (const one of [a, b]) one[ends](call());
    expect([a.failures, b.failures]).toEqual(ends === 'fails' ? [1, 1] : [2, 2]);
    for (const one of [a, b]) one.answers();
    expect(isPoison(request)).toBe(false);
  });

  it('falls on the endpoint where the same request of another call is answered well, or fails too', () => {
    for (const ends of ['answers', 'fails'] as const) {
      const [a, b, request] = [endpoint(), endpoint(), call('/api/one-path')];
      a.fails(request);
      b.fails(request);
      a[ends](call('/api/one-path'));
      expect(a.failures).toBe(1);
      expect(isPoison(request)).toBe(false);
    }
  });

  it('falls on the endpoint that fails more than 5 % of its requests, even if it answers the next', () => {
    const [a, b, request] = [endpoint(), endpoint(), call()];
    for (let i = 0; i < 17; i++) a.answers();
    a.breaks();
    a.fails(request);
    b.fails(request);
    a.answers();
    expect([a.failures, isPoison(request)]).toEqual([2, false]);
  });

  it('falls on the endpoints that failed in different ways', () => {
    const [a, b, request] = [endpoint(), endpoint(), call()];
    a.fails(request);
    b.fails(request, 'internal');
    a.answers();
    b.answers();
    poison.ended(request.call);
    expect([a.failures, b.failures]).toEqual([1, 1]);
  });

  it('falls on the endpoint when the call ends having failed nowhere else', () => {
    const [a, request] = [endpoint(), call()];
    a.fails(request);
    a.answers();
    expect(a.failures).toBe(0);
    poison.ended(request.call);
    expect(a.failures).toBe(1);
  });

  it('falls on the endpoint at once where the call may not be tried again', () => {
    const a = endpoint();
    a.fails({ ...call(), mayRetry: false });
    expect(a.failures).toBe(1);
  });

  it('falls on the endpoint at once where the attempt was a probe, whose place others wait for', async () => {
    const options = new CurrentOptions({ clock, circuitConsecutiveFailures: 1, circuitProbes: 1, random: () => 1 });
    const breaker = new CircuitBreaker(options, new EventEmitter(), () => {});
    breaker.acquire()?.fail();
    await clock.advance(1_000);
    const probe = breaker.acquire();
    if (!probe) throw new Error('expected a permit');
    new Attribution(poison, breaker, new EndpointLoad(options)).failed(
      call(),
      probe,
      problemReply('unavailable').error as CallError,
    );
    expect(breaker.state).toBe('open');
  });

  it('costs a call nothing once all that failed have ended', () => {
    const [a, request] = [endpoint(), call()];
    a.fails(request);
    poison.ended(request.call);
    const get = jest.spyOn(Map.prototype, 'get');
    a.answers();
    poison.ended(call().call);
    const asked = get.mock.calls.length;
    get.mockRestore();
    expect(asked).toBe(0);
  });

  it('is not taken back: what one endpoint fails twice for one call are two failures', () => {
    const [a, request] = [endpoint(), call()];
    a.fails(request);
    a.fails(request);
    poison.ended(request.call);
    expect(a.failures).toBe(2);
  });

  it('knows a thousand poison requests, and forgets the oldest', () => {
    const [a, b] = [endpoint(), endpoint()];
    const requests = Array.from({ length: 1_001 }, () => call());
    for (const request of requests) {
      a.fails(request);
      b.fails(request);
      a.answers();
      b.answers();
      poison.ended(request.call);
    }
    const [oldest, next, ...others] = requests.map(isPoison);
    expect([oldest, next, others.at(-1)]).toEqual([false, true, true]);
  });
});
