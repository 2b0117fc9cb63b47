import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { rejection } from '../../test-fixtures/sample.ts';
import { shop, shopHandlers } from '../../test-fixtures/shop.ts';
import { createClient } from '../client.ts';
import {
  always,
  type Faults,
  failing,
  faults,
  hang,
  lost,
  ok,
  problem,
  refused,
  reset,
  slow,
  status,
  times,
} from './faults.ts';
import { type InMemoryOptions, inMemoryUpstream } from './in-memory-upstream.ts';
import { seededRandom } from './seeded-random.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

let clock: VirtualClock;
let startMs: number;
beforeEach(() => {
  clock = virtualClock();
  startMs = clock.now();
});

function open(options: Partial<InMemoryOptions> = {}) {
  const buyItem = jest.fn(async () => ({ paid: new Date(0) }));
  const upstream = inMemoryUpstream(shop, shopHandlers({ buyItem }), { clock, random: () => 0.5, ...options });
  const attempts: (string | number)[] = [];
  upstream.subscribe({ onAttempt: ({ code, status }) => void attempts.push(code ?? status ?? '') });
  const client = createClient(shop, upstream);
  const get = () => clock.run(client.newestItem());
  const buy = () => clock.run(client.buyItem({ id: '7', count: 1 }));
  return { upstream, client, get, buy, attempts, buyItem };
}
const passedMs = () => clock.now() - startMs;

describe('faults', () => {
  it('fail the first attempts, and then none', async () => {
    const { upstream, get, attempts } = open();
    upstream.inject(faults(failing(2), ok()));
    expect(await get()).toMatchObject({ id: 'newest' });
    expect(attempts).toEqual(['unavailable', 'unavailable', 200]);
    expect(passedMs()).toBe(25 + 50); // half of the first two bounds of the backoff
  });

  it.each<[string, Faults, (string | number)[], boolean]>([
    ['refused', refused(), ['unavailable', 200], true],
    ['reset', reset(), ['unavailable'], false],
    ['lost', lost(), ['unavailable'], false],
    ['hang', hang(), ['deadline_exceeded'], false],
    ['status', status(503), ['unavailable'], false],
    ['status', status(500), ['internal'], false],
    ['problem', problem('overloaded'), ['overloaded'], false],
  ])(
    '%s: what must not be sent twice is tried again only where it was never processed',
    async (_, fault, seen, isDone) => {
      const { upstream, buy, attempts } = open();
      upstream.inject(fault);
      const outcome = await buy().then(
        () => true,
        () => false,
      );
      expect({ outcome, attempts }).toEqual({ outcome: isDone, attempts: seen });
    },
  );

  it('lost runs the handler, reset does not', async () => {
    const { upstream, buy, buyItem } = open();
    upstream.inject(reset());
    await rejection(buy());
    expect(buyItem).not.toHaveBeenCalled();
    upstream.inject(lost());
    expect(await rejection(buy())).toMatchObject({ code: 'unavailable', isUnprocessed: false });
    expect(buyItem).toHaveBeenCalledTimes(1);
  });

  it('slow takes its time by the clock of the upstream, and is cut short by the attempt timeout', async () => {
    const { upstream, get, attempts } = open({ attemptTimeoutMs: 500, backoffBaseMs: 0 });
    upstream.inject(slow(300));
    await get();
    expect(passedMs()).toBe(300);
    upstream.inject(slow(700));
    await get();
    expect(attempts).toEqual([200, 'attempt_timeout', 200]);
    expect(passedMs()).toBe(300 + 500);
  });

  it('hang is ended by the deadline', async () => {
    const { upstream, get } = open();
    upstream.inject(always(hang()));
    expect((await rejection(get())).code).toBe('deadline_exceeded');
    expect(passedMs()).toBe(4_998); // the last attempt ends just before, so that it can be told how
  });

  it('keeps the caller waiting for as long as Retry-After says, in whole seconds', async () => {
    const { upstream, get } = open({ backoffBaseMs: 0 });
    upstream.inject(status(503, { retryAfterMs: 1_200 }));
    await get();
    expect(passedMs()).toBe(2_000);
    upstream.inject(problem('unavailable', { retryAfterMs: 1_000 }));
    await get();
    expect(passedMs()).toBe(3_000);
  });

  it('open the circuit of the replica that is down, which closes again when it is up', async () => {
    const { upstream, get } = open({ replicas: 3, random: seededRandom(), backoffBaseMs: 0, circuitMinCalls: 1 });
    const heal = upstream.inject(always(refused()), { replica: 2 });
    const circuits = () => upstream.endpoints().map(({ circuit }) => circuit);
    for (let i = 0; i < 100; i++) await get();
    expect(circuits()).toEqual(['closed', 'open', 'closed']);
    heal();
    await clock.advance(1_000);
    expect(circuits()).toEqual(['closed', 'half-open', 'closed']);
    for (let i = 0; i < 20; i++) await get();
    expect(circuits()).toEqual(['closed', 'closed', 'closed']);
  });

  it('hold for one operation, one replica, or all; the last that fits counts', async () => {
    const { upstream, get, buy, attempts } = open({ maxAttempts: 1, circuitMinCalls: 100 });
    upstream.inject(always(status(500)));
    upstream.inject(problem('conflict'), { operation: 'newestItem', replica: 1 });
    const heal = upstream.inject(always(ok()), { operation: 'buyItem' });
    await rejection(get());
    await rejection(get());
    await buy();
    heal();
    await rejection(buy());
    expect(attempts).toEqual(['conflict', 'internal', 200, 'internal']);
  });

  it('may be of your own making', async () => {
    const { upstream, get } = open();
    upstream.inject([async ({ answer }) => ({ ...(await answer()), body: '{"id":' })]);
    expect((await rejection(get())).code).toBe('invalid_reply');
  });

  it('are counted anew each time they are injected', async () => {
    const { upstream, get, attempts } = open({ backoffBaseMs: 0 });
    const twice = times(2, failing(1));
    for (const _ of [1, 2]) {
      upstream.inject(twice);
      await get();
    }
    expect(attempts).toEqual(['unavailable', 'unavailable', 200, 'unavailable', 'unavailable', 200]);
  });

  it('are refused for what there is not', () => {
    const { upstream } = open({ replicas: 2 });
    expect(() => upstream.inject(ok(), { replica: 3 })).toThrow('replica must be a whole number from 1 to 2, not 3');
    // @ts-expect-error no such operation
    expect(() => upstream.inject(ok(), { operation: 'sell' })).toThrow('shop has no operation sell, but listItems, ');
  });
});
