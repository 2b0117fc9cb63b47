import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { announceUpstream, type TelemetryListener } from '@parley/contract';
import { type AdminEvent, EventHub } from './event-hub.ts';

let hub: EventHub;
beforeEach(() => {
  jest.useFakeTimers();
  hub = new EventHub();
});
afterEach(() => {
  hub.close();
  jest.useRealTimers();
});

const change = { upstream: 'things', endpoint: 'http://a', state: 'open', reason: 'failures' } as const;
const at = expect.any(String);

/** A reader that has its snapshot. */
async function reader() {
  const drop = jest.fn();
  const leaving = new AbortController();
  const events = hub.read(() => 'snapshot', { signal: leaving.signal, drop });
  expect(await events.next()).toEqual({ done: false, value: 'snapshot' });
  return { events, drop, leaving };
}

describe('events for operators', () => {
  it('begin with a snapshot, and go on with each change', async () => {
    const { events } = await reader();
    hub.onCircuit(change);
    hub.acted({ act: 'setLogLevel', isOver: true, details: { before: 'debug', after: 'info' } });
    hub.draining();
    const read = [await events.next(), await events.next(), await events.next()].map(({ value }) => value);
    expect(read).toEqual([
      { kind: 'circuit', at, upstream: 'things', endpoint: 'http://a', circuit: 'open', reason: 'failures' },
      { kind: 'act', at, act: 'setLogLevel', isOver: true, details: { before: 'debug', after: 'info' } },
      { kind: 'draining', at },
    ]);
  });

  it('come to a reader that waits', async () => {
    const { events } = await reader();
    const next = events.next();
    hub.draining();
    expect(await next).toMatchObject({ value: { kind: 'draining' } });
  });

  it('lose no change between the snapshot and the wait', async () => {
    const events = hub.read(
      () => {
        hub.draining();
        return 'snapshot';
      },
      { signal: undefined, drop: () => {} },
    );
    await events.next();
    expect(await events.next()).toMatchObject({ value: { kind: 'draining' } });
  });

  it('have one event a second for refusals, however many there are', async () => {
    const { events } = await reader();
    for (let i = 0; i < 1_000; i++) hub.onRefusal({ reason: 'overloaded', priority: 'normal', caller: 'address' });
    hub.onRefusal({ reason: 'rate_limited', priority: 'normal', caller: 'address' });
    jest.advanceTimersByTime(1_000);
    expect((await events.next()).value).toEqual({ kind: 'refused', at, overloaded: 1_000, rateLimited: 1 });
    hub.onRefusal({ reason: 'overloaded', priority: 'normal', caller: 'address' });
    jest.advanceTimersByTime(1_000);
    expect((await events.next()).value).toMatchObject({ overloaded: 1, rateLimited: 0 });
  });

  it('have one event a second for what calls of an upstream wait for, and for its connections', async () => {
    const { events } = await reader();
    const { upstream, endpoint } = change;
    const call = { upstream, operation: 'GET /' };
    const backoff = {
      ...call,
      attempt: 1,
      code: 'unavailable',
      status: 503,
      retryAfterMs: undefined,
      traceId: undefined,
    };
    for (const waitMs of [20, 40, 30]) hub.onBackoff({ ...backoff, waitMs });
    hub.onBudgetRefusal({ ...call, kind: 'retry' });
    hub.onQueue({ ...call, end: 'admitted', waitMs: 7, inFlight: 1, limit: 1 });
    hub.onQueue({ ...call, end: 'refused', waitMs: 0, inFlight: 1, limit: 1 });
    hub.onConnection({ upstream, endpoint, change: 'opened' });
    hub.onConnection({ upstream, endpoint, change: 'failed', code: 'ECONNREFUSED' });
    hub.onConnection({ upstream, endpoint, change: 'closed', reason: 'idle' });
    jest.advanceTimersByTime(1_000);
    const read = [await events.next(), await events.next(), await events.next()].map(({ value }) => value);
    expect(read).toEqual([
      { kind: 'retries', at, upstream, backoffs: 3, longestWaitMs: 40, budgetRefusals: 1 },
      { kind: 'queue', at, upstream, admitted: 1, refused: 1, ended: 0, longestWaitMs: 7 },
      { kind: 'connections', at, upstream, opened: 1, failed: 1, closed: { idle: 1 } },
    ]);
  });

  it('have at most 101 sums of one kind a second, however many upstreams there are', async () => {
    const { events } = await reader();
    for (let i = 0; i < 500; i++) hub.onBudgetRefusal({ upstream: `u${i}`, operation: 'GET /', kind: 'hedge' });
    jest.advanceTimersByTime(1_000);
    hub.draining();
    const read: AdminEvent[] = [];
    do read.push((await events.next()).value as AdminEvent);
    while (read.at(-1)?.kind !== 'draining');
    expect(read).toHaveLength(102);
    expect(read.at(-2)).toMatchObject({ upstream: 'other', budgetRefusals: 400 });
  });

  it('count nothing and start no timer where nobody reads', () => {
    hub.onRefusal({ reason: 'overloaded', priority: 'normal', caller: 'address' });
    hub.onBudgetRefusal({ upstream: 'things', operation: 'GET /', kind: 'hedge' });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('cut off a reader that is 1024 events behind, and no other', async () => {
    const [slow, quick] = [await reader(), await reader()];
    const read: (string | AdminEvent | undefined)[] = [];
    for (let i = 0; i < 1_025; i++) {
      expect(slow.drop).not.toHaveBeenCalled();
      hub.onCircuit(change);
      read.push((await quick.events.next()).value ?? undefined);
    }
    expect(slow.drop).toHaveBeenCalledTimes(1);
    expect(await slow.events.next()).toEqual({ done: true, value: undefined });
    expect(read).toHaveLength(1_025);
    hub.onCircuit(change);
    expect(await quick.events.next()).toMatchObject({ value: { kind: 'circuit' } });
    expect(quick.drop).not.toHaveBeenCalled();
  });

  it('take at most 16 readers; one that leaves makes room', async () => {
    const readers = [];
    for (let i = 0; i < 16; i++) readers.push(await reader());
    await expect(reader()).rejects.toMatchObject({ code: 'rate_limited' });
    const waiting = readers[0]?.events.next();
    readers[0]?.leaving.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await readers[1]?.events.return();
    await reader();
    await reader();
  });

  it('end when the service has stopped, and listen no more', async () => {
    const listeners = new Set<TelemetryListener>();
    const subscribe = (listener: TelemetryListener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    const end = announceUpstream({ name: 'things', subscribe } as never);
    const { events } = await reader();
    const next = events.next();
    expect(listeners.size).toBe(1);
    hub.close();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(listeners.size).toBe(0);
    end();
  });
});
