import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Backoff, BudgetRefusal, QueueWait } from '@parley/contract';
import { rejection } from '../../test-fixtures/sample.ts';
import { shop, shopHandlers } from '../../test-fixtures/shop.ts';
import { createClient } from '../client.ts';
import { always, faults, hang, problem, slow, status } from '../testing/faults.ts';
import { type InMemoryOptions, inMemoryUpstream } from '../testing/in-memory-upstream.ts';
import { type VirtualClock, virtualClock } from '../testing/virtual-clock.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = virtualClock();
});

function open(options: Partial<InMemoryOptions> = {}) {
  const upstream = inMemoryUpstream(shop, shopHandlers(), {
    clock,
    random: () => 0.5,
    circuitMinCalls: 1_000,
    circuitConsecutiveFailures: 1_000,
    ...options,
  });
  const backoffs: Backoff[] = [];
  const refusals: BudgetRefusal[] = [];
  const waits: QueueWait[] = [];
  upstream.subscribe({
    onBackoff: (event) => backoffs.push(event),
    onBudgetRefusal: (event) => refusals.push(event),
    onQueue: (event) => waits.push(event),
  });
  return { upstream, client: createClient(shop, upstream), backoffs, refusals, waits };
}

describe('events of what calls wait for', () => {
  it('tell how long a call waits for its next attempt, and why', async () => {
    const { upstream, client, backoffs } = open({ backoffBaseMs: 100 });
    upstream.inject(faults(problem('unavailable', { retryAfterMs: 2_000 }), status(502)));
    await clock.run(client.newestItem());
    expect(backoffs).toMatchObject([
      { upstream: 'shop', operation: 'GET /api/items/newest', attempt: 1, code: 'unavailable', status: 503 },
      { attempt: 2, status: 502, waitMs: 100, retryAfterMs: undefined },
    ]);
    expect(backoffs[0]).toMatchObject({ retryAfterMs: 2_000, waitMs: 2_050 });
  });

  it('tell of each retry that the budget does not pay for', async () => {
    const { upstream, client, refusals } = open({ retryBudgetPerSecond: 0, retryBudgetRatio: 0 });
    upstream.inject(always(status(503)));
    await rejection(clock.run(client.newestItem()));
    expect(refusals).toEqual([{ upstream: 'shop', operation: 'GET /api/items/newest', kind: 'retry' }]);
  });

  it('tell how long a call waited for a place, and which found none', async () => {
    const { upstream, client, waits } = open({ concurrencyLimit: 1, maxQueue: 1 });
    upstream.inject(always(slow(30)));
    const calls = [client.newestItem(), client.newestItem(), rejection(client.newestItem())];
    await clock.run(Promise.all(calls));
    const shared = { upstream: 'shop', operation: 'GET /api/items/newest', inFlight: 1, limit: 1 };
    expect(waits).toEqual([
      { ...shared, end: 'refused', waitMs: 0 },
      { ...shared, end: 'admitted', waitMs: 30 },
    ]);
  });

  it('tell of a call whose time is up before it has a place', async () => {
    const { upstream, client, waits } = open({ concurrencyLimit: 1, callTimeoutMs: 100, maxAttempts: 1 });
    upstream.inject(always(hang()));
    const first = rejection(client.newestItem());
    const cancel = new AbortController();
    const second = rejection(client.getItem({ id: '7' }, { signal: cancel.signal }));
    await clock.advance(20);
    cancel.abort();
    await clock.run(Promise.all([first, second]));
    expect(waits).toMatchObject([{ end: 'ended', waitMs: 20 }]);
  });
});
