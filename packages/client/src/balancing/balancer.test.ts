import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Balanced } from '../../test-fixtures/balanced.ts';
import { problemReply, rejection, someError, someReply, someRequest } from '../../test-fixtures/sample.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { balancer } from './balancer.ts';
import { EndpointGroup } from './endpoint-group.ts';

let open: Balanced[];
beforeEach(() => {
  open = [];
});
afterEach(async () => {
  for (const balanced of open) await balanced.close();
});

function balanced(options: Partial<UpstreamOptions> = {}): Balanced {
  const one = new Balanced(options);
  open.push(one);
  return one;
}

/** Idle endpoints, of which the latency is known, and the same. */
function idle(names: string, options: Partial<UpstreamOptions> = {}): Balanced {
  const one = balanced(options);
  for (const name of names) one.add(name).load.latency.record(0, one.clock.now());
  return one;
}

const endpointOf = ({ group }: Balanced, name: string) => {
  const endpoint = group.all.find(({ address }) => address === name);
  if (!endpoint) throw new Error(`no endpoint ${name}`);
  return endpoint;
};

async function countOf(one: Balanced, name: string, times: number): Promise<number> {
  let count = 0;
  for (let i = 0; i < times; i++) if ((await one.chosen()) === name) count++;
  return count;
}

describe('balancer', () => {
  it('chooses the one with less in flight of equally fast ones', async () => {
    const one = idle('ab');
    endpointOf(one, 'a').load.inFlight = 3;
    endpointOf(one, 'b').load.inFlight = 1;
    expect(await countOf(one, 'b', 50)).toBe(50);
  });

  it('takes a weight for what it is: share of the choices, and of what is in flight', async () => {
    const one = idle('ab');
    const [a, b] = [endpointOf(one, 'a').load, endpointOf(one, 'b').load];
    b.weight = 4;
    const chosenB = await countOf(one, 'b', 1_000);
    expect(chosenB).toBeGreaterThan(750);
    expect(chosenB).toBeLessThan(850);
    [a.inFlight, b.inFlight] = [2, 7];
    expect(await countOf(one, 'b', 50)).toBe(50);
    [a.inFlight, b.inFlight] = [2, 12];
    expect(await countOf(one, 'a', 50)).toBe(50);
  });

  it('compares all of a few, and two that differ of many', async () => {
    const few = idle('abcd');
    for (const name of 'abc') endpointOf(few, name).load.inFlight = 9;
    expect(await countOf(few, 'd', 50)).toBe(50);
    const many = idle('abcdef');
    for (const name of 'abcde') endpointOf(many, name).load.inFlight = 9;
    const chosen = await countOf(many, 'f', 3_000);
    expect(chosen / 3_000).toBeGreaterThan(0.3); // 2 of 6, were it not for the draw
    expect(chosen / 3_000).toBeLessThan(0.37);
    endpointOf(many, 'f').load.inFlight = 10;
    expect(await countOf(many, 'f', 500)).toBe(0);
  });

  it('spreads evenly over endpoints that are equally busy', async () => {
    const property = fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 8 }), async (seed, count) => {
      const one = idle('abcdefgh'.slice(0, count), { random: seededRandom(seed) });
      for (let i = 0; i < count * 200; i++) await one.chosen();
      for (const { address } of one.group.all) {
        expect(one.counts.get(address)).toBeGreaterThan(120);
        expect(one.counts.get(address)).toBeLessThan(290);
      }
    });
    await fc.assert(property, { numRuns: 20 });
  });

  it('spreads evenly over equally busy ones that all have something to do', async () => {
    const one = idle('abc');
    for (const name of 'abc') endpointOf(one, name).load.inFlight = 2;
    for (let i = 0; i < 600; i++) await one.chosen();
    for (const name of 'abc') expect(one.counts.get(name)).toBeGreaterThan(150);
  });

  it('looks at two endpoints only, however many there are', async () => {
    const one = idle('abcdefghijklmnopqrstuvwxyz');
    await one.chosen();
    let looks = 0;
    for (const endpoint of one.group.all) {
      Object.defineProperty(endpoint, 'isEjected', { get: () => looks++ < 0 });
    }
    await one.chosen({ tried: ['another'] });
    expect(looks).toBe(2);
  });

  it('never chooses an ejected endpoint, tried or not', async () => {
    const one = idle('abc');
    endpointOf(one, 'a').eject();
    endpointOf(one, 'b').load.inFlight = 99;
    for (let i = 0; i < 50; i++) expect(await one.chosen({ tried: ['b', 'c'] })).not.toBe('a');
  });

  it('chooses none for a hedge that wants a probe', async () => {
    const one = idle('ab');
    endpointOf(one, 'a').eject();
    await one.clock.advance(1_000);
    expect(await one.chosen({ tried: ['b'], isHedge: true })).toBe('b');
    expect(await one.chosen({ tried: ['b'] })).toBe('a');
  });

  it('prefers one that this call has not tried, however busy, of few and of many', async () => {
    for (const names of ['abc', 'abcdefgh']) {
      const one = idle(names);
      endpointOf(one, 'c').load.inFlight = 99;
      const tried = [...names].filter((name) => name !== 'c');
      for (let i = 0; i < 50; i++) expect(await one.chosen({ tried })).toBe('c');
    }
  });

  it('chooses again among all once the call has tried all', async () => {
    const one = idle('ab');
    endpointOf(one, 'a').load.inFlight = 1;
    expect(await one.chosen({ tried: ['a', 'b'] })).toBe('b');
  });

  it('notes where each attempt went', async () => {
    const one = idle('a');
    const request = someRequest();
    await one.send(request);
    await one.send({ ...request, attempt: 2 });
    expect(request.tried).toEqual(['a', 'a']);
  });

  it('is unavailable, never processed, where the only endpoint is ejected', async () => {
    const one = idle('a');
    endpointOf(one, 'a').eject();
    const error = await rejection(one.send(someRequest()));
    expect(error.message).toBe('[unavailable] GET /api/things/{id}: every endpoint of things is ejected');
    expect(error.isUnprocessed).toBe(true);
  });

  it('is unavailable, never processed, where no address is known', async () => {
    const shared = { clock: new VirtualClock(), random: Math.random };
    const cause = new Error('getaddrinfo ENOTFOUND things');
    const failed = await rejection(balancer(() => Promise.reject(cause), 'things', shared)(someRequest()));
    expect(failed).toMatchObject({ detail: 'no address of things is known', isUnprocessed: true, cause });
    const none = new EndpointGroup({ maxEjectedRatio: 0.5, zone: undefined });
    const empty = await rejection(balancer(() => none, 'things', shared)(someRequest()));
    expect(empty).toMatchObject({ detail: 'no address of things is known', isUnprocessed: true });
  });

  describe('by latency', () => {
    it.each([3, 6])('sends less than 5 %% to the one of %d that is 40 times slower', async (count) => {
      const one = balanced();
      for (let i = 1; i < count; i++) one.add(`fast${i}`, one.after(5));
      one.add('slow', one.after(200));
      const shares = await one.shares(100, 30);
      expect(shares.slow).toBeLessThan(0.05);
      expect(shares.slow).toBeGreaterThan(0); // it may have become fast again
      for (let i = 1; i < count; i++) expect(shares[`fast${i}`]).toBeGreaterThan(0.7 / (count - 1));
    });

    it('sends to a slow one when fast ones have too much to do', async () => {
      const one = balanced();
      for (const [name, ms] of [
        ['fast', 10],
        ['slow', 40],
      ] as const) {
        one.add(name).load.latency.record(ms, one.clock.now());
      }
      endpointOf(one, 'fast').load.inFlight = 2; // the next one takes 30 ms
      expect(await one.chosen()).toBe('fast');
      endpointOf(one, 'fast').load.inFlight = 4;
      expect(await one.chosen()).toBe('slow');
    });

    it('takes averages within a factor of two for equal', async () => {
      const one = balanced();
      for (const [name, ms] of Object.entries({ a: 10, b: 19, c: 21 })) {
        one.add(name, one.after(1_000)).load.latency.record(ms, one.clock.now());
      }
      const chosen = Array.from({ length: 200 }, () => {
        for (const { load } of one.group.all) load.inFlight = 0;
        return one.chosen();
      });
      await one.clock.advance(1_000);
      const names = await Promise.all(chosen);
      const count = (name: string) => names.filter((chosen) => chosen === name).length;
      expect(count('a')).toBeGreaterThan(70);
      expect(count('b')).toBeGreaterThan(70);
      expect(count('c')).toBe(0);
    });

    it('asks one without history once, and waits for what comes', async () => {
      const one = balanced();
      one.add('known').load.latency.record(5, one.clock.now());
      one.add('unknown', one.after(1_000));
      const requests = Array.from({ length: 20 }, () => one.chosen());
      await one.clock.advance(1_000);
      const chosen = await Promise.all(requests);
      expect(chosen.filter((name) => name === 'unknown')).toHaveLength(1);
    });
  });

  describe('by failures', () => {
    it.each([
      ['says 500', problemReply('internal')],
      ['is overloaded', problemReply('overloaded')],
      ['says 429', problemReply('rate_limited', { 'retry-after': '30' })],
      ['breaks connections', someError('unavailable')],
    ])('sends less than 5 %% to one that %s within 1 ms', async (_, failure) => {
      const one = balanced({ circuitMinCalls: 1_000_000 });
      for (const name of ['a', 'b']) one.add(name, one.after(20));
      const failing = () => (failure instanceof Error ? Promise.reject(failure) : Promise.resolve(failure));
      one.add('bad', one.after(1, failing));
      expect((await one.shares(100, 30)).bad).toBeLessThan(0.05);
    });

    it('does not leave out one of three for a failure in a thousand', async () => {
      const one = balanced();
      let sent = 0;
      for (const name of ['a', 'b']) one.add(name, one.after(5));
      one.add(
        'c',
        one.after(5, async () => (++sent % 1_000 === 400 ? problemReply('internal') : someReply())),
      );
      const shares = await one.shares(500, 6);
      expect(sent).toBeGreaterThan(400);
      expect(shares.c).toBeGreaterThan(0.2);
    });

    it('holds nothing against an endpoint that wants a probe which began before it did', async () => {
      const one = balanced();
      const { load } = one.add('a');
      const endings = [
        () => load.broke(someError('attempt_timeout'), 2_000, one.clock.now()),
        () => load.broke(someError('cancelled'), 2_000, one.clock.now()),
        () => load.answered(someReply(), 2_000, one.clock.now()),
      ];
      load.forget();
      await one.clock.advance(1_000);
      for (const end of endings) end();
      expect([load.latency.isKnown, load.latency.at(one.clock.now())]).toEqual([false, 0]);
      await one.clock.advance(1_000);
      for (const end of endings) end();
      expect(load.latency.isKnown).toBe(true);
    });

    it('learns nothing good from attempts that were given up', async () => {
      const one = balanced();
      one.add('a').load.latency.record(20, one.clock.now());
      const { load } = endpointOf(one, 'a');
      for (let i = 0; i < 100; i++) load.broke(someError('cancelled'), 1, one.clock.now());
      expect(load.latency.at(one.clock.now())).toBe(20);
      await one.clock.advance(1_000);
      const faded = load.latency.at(one.clock.now());
      for (const code of ['cancelled', 'deadline_exceeded'] as const) load.broke(someError(code), 10, one.clock.now());
      load.answered(problemReply('upstream_unavailable'), 1, one.clock.now());
      await one.clock.advance(1_000);
      expect(load.latency.at(one.clock.now())).toBeCloseTo(faded * Math.exp(-0.1));
      load.broke(someError('cancelled'), 300, one.clock.now());
      expect(load.latency.at(one.clock.now())).toBe(300);
    });
  });

  describe('by what replicas report', () => {
    const told = (utilization: number) =>
      someReply(200, { 'endpoint-load-metrics': `TEXT application_utilization=${utilization}` });

    it('sends by what is free', async () => {
      const one = balanced();
      one.add('busy', async () => told(0.9));
      one.add('free', async () => told(0.1));
      for (const name of ['busy', 'free']) await endpointOf(one, name).send(someRequest());
      const { busy = 0 } = await one.shares(100, 5);
      expect(busy).toBeGreaterThan(0.05);
      expect(busy).toBeLessThan(0.15); // 0.1 of 0.1 + 0.9
    });

    it('still asks one that calls itself full', async () => {
      const one = balanced();
      one.add('full', async () => told(7));
      one.add('free', async () => told(0));
      for (const name of ['full', 'free']) await endpointOf(one, name).send(someRequest());
      const { full = 0 } = await one.shares(100, 9);
      expect(full).toBeGreaterThan(0.02);
      expect(full).toBeLessThan(0.08);
    });
  });

  describe('slow start', () => {
    it('gives a new endpoint more and more, up to its share', async () => {
      const one = idle('ab', { slowStartMs: 10_000 });
      one.add('new').load.startSlowly();
      const shares: number[] = [];
      for (let i = 0; i < 6; i++) shares.push((await one.shares(300, 2)).new ?? 0);
      const [first = 0, second = 0, , , fifth = 0, last = 0] = shares;
      expect(first).toBeLessThan(0.1); // 10 to 20 % of a third
      expect(second).toBeGreaterThan(first);
      expect(fifth).toBeGreaterThan(0.25);
      expect(last).toBeGreaterThan(0.28);
      expect(last).toBeLessThan(0.39);
    });

    it('gives all at once where it is off', async () => {
      const one = idle('ab', { slowStartMs: 0 });
      one.add('new').load.startSlowly();
      expect((await one.shares(300, 4)).new).toBeGreaterThan(0.28);
    });

    it('begins again after an ejection', async () => {
      const one = idle('abc', { circuitProbes: 1 });
      endpointOf(one, 'a').eject();
      await one.clock.advance(1_000);
      await one.shares(10, 1); // among them the probe
      expect(endpointOf(one, 'a').status.circuit).toBe('closed');
      expect((await one.shares(300, 1)).a).toBeLessThan(0.1);
    });
  });
});
