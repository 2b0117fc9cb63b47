import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CallOutcome } from '@parley/contract';
import { rejection } from '../../test-fixtures/sample.ts';
import { shop, shopHandlers } from '../../test-fixtures/shop.ts';
import { createClient } from '../client.ts';
import { always, faults, ok, problem, refused, slow, status } from '../testing/faults.ts';
import { type InMemoryOptions, inMemoryUpstream } from '../testing/in-memory-upstream.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { type VirtualClock, virtualClock } from '../testing/virtual-clock.ts';

let clock: VirtualClock;
let outcomes: CallOutcome[];
let close: () => Promise<void>;
beforeEach(() => {
  clock = virtualClock();
  outcomes = [];
});
afterEach(() => close());

function open(options: Partial<InMemoryOptions> = {}) {
  const upstream = inMemoryUpstream(shop, shopHandlers(), { clock, random: seededRandom(), replicas: 3, ...options });
  upstream.subscribe({ onCall: (outcome) => void outcomes.push(outcome) });
  close = () => upstream.close();
  return { upstream, client: createClient(shop, upstream) };
}

const fates = () => outcomes.map(({ fate }) => fate);

describe('the fate of a call', () => {
  it('is success, with or without another attempt', async () => {
    const { upstream, client } = open();
    await clock.run(client.newestItem());
    upstream.inject(faults(status(503), ok()));
    await clock.run(client.newestItem());
    expect(fates()).toEqual(['success', 'success_after_retry']);
  });

  it('is success after a hedge where the second copy answered', async () => {
    const { upstream, client } = open({ hedgeRatio: 0.1 });
    upstream.inject(always(slow(10)));
    for (let i = 0; i < 40; i++) await clock.run(client.newestItem());
    await clock.advance(3_000); // from then on it is known how long calls take
    await clock.run(client.newestItem());
    upstream.inject(faults(slow(1_500), ok()));
    await clock.run(client.newestItem());
    expect(outcomes.at(-1)).toMatchObject({ fate: 'success_after_hedge', attempts: 2 });
  });

  it('tells why there was no other attempt', async () => {
    const { upstream, client } = open({ retryBudgetPerSecond: 3, retryBudgetRatio: 0 });
    upstream.inject(always(refused()));
    for (let i = 0; i < 2; i++) await rejection(clock.run(client.newestItem()));
    upstream.inject(always(problem('not_found')));
    await rejection(clock.run(client.newestItem()));
    upstream.inject(always(status(503)));
    await rejection(clock.run(client.newestItem(undefined, { timeoutMs: 1 })));
    expect(fates()).toEqual(['max_attempts', 'retry_budget', 'not_retryable', 'deadline']);
  });

  it('is shed where the concurrency limit refused the call', async () => {
    const { upstream, client } = open({ concurrencyLimit: 1, maxQueue: 0, singleFlight: false });
    upstream.inject(always(slow(100)));
    const [, refusedCall] = await clock.run(
      Promise.allSettled([client.getItem({ id: '1' }), client.getItem({ id: '2' })]),
    );
    expect(refusedCall).toMatchObject({ status: 'rejected' });
    expect(fates().sort()).toEqual(['shed', 'success']);
  });

  it('is cancelled where the caller gave up', async () => {
    const { upstream, client } = open();
    upstream.inject(always(slow(100)));
    const controller = new AbortController();
    const call = rejection(client.newestItem(undefined, { signal: controller.signal }));
    await clock.advance(1);
    controller.abort();
    await clock.run(call);
    expect(fates()).toEqual(['cancelled']);
  });

  it('is no endpoint where an operator has opened every circuit', async () => {
    const { upstream, client } = open({ replicas: 1 });
    await clock.run(client.newestItem());
    upstream.circuit('http://shop-1').forceOpen();
    await rejection(clock.run(client.newestItem()));
    expect(fates()).toEqual(['success', 'no_endpoint']);
  });
});
