import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  announceUpstream,
  type CallOutcome,
  defineContract,
  get,
  Story,
  stream,
  type TelemetryListener,
} from '@parley/contract';
import { z } from 'zod';
import type { ServedRequest } from '../telemetry/service-events.ts';
import { RecentCalls } from './recent-calls.ts';

const contract = defineContract('shop', {
  getItem: get('/api/items/{id}', { summary: 'One', input: z.object({ id: z.string() }), output: z.object({}) }),
  watchItems: get('/api/changes', { summary: 'Changes', output: stream(z.object({}), { as: 'sse' }) }),
});

let recent: RecentCalls;
beforeEach(() => {
  recent = new RecentCalls(contract);
});
afterEach(() => recent.close());

const story = new Story('GET /things', 1_700_000_000_000, () => [
  { kind: 'ended', atMs: 5, status: 503, code: 'unavailable', limitMs: undefined, leftMs: undefined },
]);

function outcome(changed: Partial<CallOutcome> = {}): CallOutcome {
  return {
    ...{ upstream: 'things', operation: 'GET /things', durationMs: 5, status: 200, code: undefined },
    ...{ traceId: undefined, attempts: 1, fate: 'success', requestId: undefined, story },
    ...changed,
  };
}

function served(changed: Partial<ServedRequest> = {}): ServedRequest {
  return {
    ...{ method: 'GET', scheme: 'http', operation: 'GET /api/items/{id}', route: '/api/items/{id}', status: 200 },
    ...{ code: undefined, durationMs: 5, requestId: 'r-1', traceId: undefined, isReplay: false },
    ...changed,
  };
}

describe('recent calls', () => {
  it.each<[string, Partial<CallOutcome>, string | undefined]>([
    ['a success', {}, undefined],
    ['a success that took 1 s', { durationMs: 1_000 }, 'slow'],
    ['a success after another attempt', { fate: 'success_after_retry', attempts: 2 }, 'retried'],
    ['a failure of the upstream', { status: 500, code: 'internal', fate: 'max_attempts' }, 'failed'],
    ['a failure without a reply', { status: undefined, code: 'unavailable', fate: 'no_endpoint' }, 'failed'],
    ['a refusal for too many requests', { status: 429, code: 'rate_limited', fate: 'max_attempts' }, 'failed'],
    [
      'an answer that is an error of the contract',
      { status: 404, code: 'not_found', fate: 'not_retryable' },
      undefined,
    ],
    ['a call whose caller gave up', { status: undefined, code: 'cancelled', fate: 'cancelled' }, undefined],
  ])('of %s: %#', (_, changed, reason) => {
    recent.onCall(outcome(changed));
    expect(recent.calls().map((call) => call.reason)).toEqual(reason === undefined ? [] : [reason]);
  });

  it.each<[string, Partial<ServedRequest>, string | undefined]>([
    ['a success', {}, undefined],
    ['a success that took 1 s', { durationMs: 1_000 }, 'slow'],
    ['a failure', { status: 500, code: 'internal' }, 'failed'],
    ['an error of its caller', { status: 400, code: 'invalid_input' }, undefined],
    ['a request that load shedding refused', { status: 503, code: 'overloaded' }, undefined],
    ['a stream that lasted', { operation: 'GET /api/changes', durationMs: 60_000 }, undefined],
  ])('of the requests, %s: %#', (_, changed, reason) => {
    recent.onRequest(served(changed));
    expect(recent.requests().map((request) => request.reason)).toEqual(reason === undefined ? [] : [reason]);
  });

  it('are the newest, newest first', () => {
    for (let n = 1; n <= 101; n++) {
      recent.onCall(outcome({ durationMs: 1_000 + n }));
      recent.onRequest(served({ durationMs: 1_000 + n }));
    }
    for (const all of [recent.calls(), recent.requests()]) {
      expect(all.map(({ durationMs }) => durationMs)).toEqual(Array.from({ length: 100 }, (_, i) => 1_101 - i));
    }
  });

  it('fit into 128 KiB of JSON each, and leave out the oldest', () => {
    const long = new Story('GET /', 0, () =>
      Array.from({ length: 20 }, () => ({ kind: 'opened', atMs: 1, endpoint: `http://${'x'.repeat(100)}` }) as const),
    );
    for (let n = 1; n <= 100; n++) recent.onCall(outcome({ durationMs: 1_000 + n, story: long }));
    const shown = recent.calls();
    expect(JSON.stringify(shown).length).toBeLessThanOrEqual(131_072 + shown.length + 1);
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.length).toBeLessThan(100);
    expect(shown[0]?.durationMs).toBe(1_100);
  });

  it('have short names, and read no story of what is fine', () => {
    recent.onCall(outcome({ code: 'internal', status: 500, operation: `GET /${'x'.repeat(5_000)}` }));
    expect(recent.calls()[0]?.operation).toHaveLength(500);
    const fine = outcome();
    Object.defineProperty(fine, 'story', { get: () => expect('a story that is read').toBe('none') });
    recent.onCall(fine);
    expect(recent.calls()).toHaveLength(1);
  });

  it('are the same each time that they are read', () => {
    recent.onCall(outcome({ code: 'internal', status: 500 }));
    expect(recent.calls()).toEqual(recent.calls());
    expect(recent.calls()[0]).toMatchObject({
      startedAt: '2023-11-14T22:13:20.000Z',
      timeline: ['     5.0 ms  ended      503 unavailable'],
      events: [{ kind: 'ended', atMs: 5 }],
    });
  });

  it('are those of upstreams that open later too, until it is closed', () => {
    const listeners = new Set<TelemetryListener>();
    const subscribe = (listener: TelemetryListener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    const end = announceUpstream({ name: 'late', subscribe } as never);
    for (const listener of listeners) listener.onCall?.(outcome({ durationMs: 2_000 }));
    expect(recent.calls()).toHaveLength(1);
    recent.close();
    expect(listeners.size).toBe(0);
    end();
  });
});
