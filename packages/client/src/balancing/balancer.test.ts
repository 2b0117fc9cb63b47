import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  holding,
  problemReply,
  rejection,
  someAttempt,
  someCall,
  someError,
  someReply,
  someRequest,
  someTry,
} from '../../test-fixtures/sample.ts';
import { ScriptedUpstream } from '../../test-fixtures/scripted-upstream.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { balancer } from './balancer.ts';
import { EndpointGroup } from './endpoint-group.ts';

let open: ScriptedUpstream[];
beforeEach(() => {
  open = [];
});
afterEach(async () => {
  for (const balanced of open) await balanced.close();
});

function balanced(options: Partial<UpstreamOptions> = {}): ScriptedUpstream {
  const one = new ScriptedUpstream({}, options);
  open.push(one);
  return one;
}

/** Idle endpoints, of which the latency is known, and the same. */
function idle(names: string, options: Partial<UpstreamOptions> = {}): ScriptedUpstream {
  const one = balanced(options);
  one.add(Object.fromEntries([...names].map((name) => [name, async () => someReply()])));
  for (const { load } of one.group.all) load.latency.record(0, one.clock.now());
  return one;
}

async function countOf(one: ScriptedUpstream, name: string, times: number): Promise<number> {
  let count = 0;
  for (let i = 0; i < times; i++) if ((await one.chosen()) === name) count++;
  return count;
}

describe('balancer', () => {
  it('chooses the one with less in flight of equally fast ones', async () => {
    const one = idle('ab');
    one.at('a').load.inFlight = 3;
    one.at('b').load.inFlight = 1;
    expect(await countOf(one, 'b', 50)).toBe(50);
  });

  it('takes a weight for what it is: share of the choices, and of what is in flight', async () => {
    const one = idle('ab');
    const [a, b] = [one.at('a').load, one.at('b').load];
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
    for (const name of 'abc') few.at(name).load.inFlight = 9;
    expect(await countOf(few, 'd', 50)).toBe(50);
    const many = idle('abcdef');
    for (const name of 'abcde') many.at(name).load.inFlight = 9;
    const chosen = await countOf(many, 'f', 3_000);
    expect(chosen / 3_000).toBeGreaterThan(0.3); // 2 of 6, were it not for the draw
    expect(chosen / 3_000).toBeLessThan(0.37);
    many.at('f').load.inFlight = 10;
    expect(await countOf(many, 'f', 500)).toBe(0);
  });

  it('spreads evenly over endpoints that are equally busy', async () => {
    const property = fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 8 }), async (seed, count) => {
      const one = idle('abcdefgh'.slice(0, count), { random: seededRandom(seed) });
      for (let i = 0; i < count * 200; i++) await one.chosen();
      for (const name of 'abcdefgh'.slice(0, count)) {
        expect(one.counts.get(name)).toBeGreaterThan(120);
        expect(one.counts.get(name)).toBeLessThan(290);
      }
    });
    await fc.assert(property, { numRuns: 20 });
  });

  it('spreads evenly over equally busy ones that all have something to do', async () => {
    const one = idle('abc');
    for (const name of 'abc') one.at(name).load.inFlight = 2;
    for (let i = 0; i < 600; i++) await one.chosen();
    for (const name of 'abc') expect(one.counts.get(name)).toBeGreaterThan(150);
  });

  it('looks at two endpoints only, however many there are', async () => {
    const one = idle('abcdefghijklmnopqrstuvwxyz');
    await one.chosen();
    let looks = 0;
    for (const endpoint of one.group.all) {
      Object.defineProperty(endpoint, 'availability', { get: () => (looks++ < 0 ? 'ejected' : 'available') });
    }
    await one.chosen({ tried: ['another'] });
    expect(looks).toBe(2);
  });

  it('never chooses an ejected endpoint, tried or not', async () => {
    const one = idle('abc');
    one.at('a').eject();
    one.at('b').load.inFlight = 99;
    for (let i = 0; i < 50; i++) expect(await one.chosen({ tried: ['b', 'c'] })).not.toBe('a');
  });

  it('chooses none for a hedge that wants a probe', async () => {
    const one = idle('ab');
    one.at('a').eject();
    await one.clock.advance(1_000);
    expect(await one.chosen({ tried: ['b'], isHedge: true })).toBe('b');
    expect(await one.chosen({ tried: ['b'] })).toBe('a');
  });

  it('prefers an endpoint that the call has not tried, even if it is busy, of few and of many', async () => {
    for (const names of ['abc', 'abcdefgh']) {
      const one = idle(names);
      one.at('c').load.inFlight = 99;
      const tried = [...names].filter((name) => name !== 'c');
      for (let i = 0; i < 50; i++) expect(await one.chosen({ tried })).toBe('c');
    }
  });

  it('chooses again among all once the call has tried all', async () => {
    const one = idle('ab');
    one.at('a').load.inFlight = 1;
    expect(await one.chosen({ tried: ['a', 'b'] })).toBe('b');
  });

  it('notes where each attempt went', async () => {
    const one = idle('a');
    const send = balancer(() => one.group, 'things', one.options);
    const call = someCall();
    for (const number of [1, 2]) await send(someTry({ call, number }));
    expect([call.tried.size, call.tried.last]).toEqual([2, 'http://a']);
  });

  it('is unavailable, never processed, where the only endpoint is ejected', async () => {
    const one = idle('a');
    one.at('a').eject();
    const error = await rejection(one.clock.run(one.upstream.send(someRequest())));
    expect(error.message).toMatch(
      /^\[unavailable\] GET \/api\/things\/\{id\}: every endpoint of things is ejected: the circuit of http:\/\/a is open since \d\.\d s for failing more often than other endpoints, until a probe succeeds$/,
    );
    expect(error.isUnprocessed).toBe(true);
  });

  it('is unavailable, never processed, where no address is known', async () => {
    const shared = { clock: new VirtualClock(), random: Math.random };
    const cause = new Error('getaddrinfo ENOTFOUND things');
    const failed = await rejection(balancer(() => Promise.reject(cause), 'things', shared)(someTry()));
    expect(failed).toMatchObject({ detail: 'no address of things is known', isUnprocessed: true, cause });
    const none = new EndpointGroup(holding({ maxEjectedRatio: 0.5, zone: undefined }));
    const empty = await rejection(balancer(() => none, 'things', shared)(someTry()));
    expect(empty).toMatchObject({ detail: 'no address of things is known', isUnprocessed: true });
  });

  describe('by latency', () => {
    it.each([3, 6])('sends less than 5 %% to the one of %d that is 40 times slower', async (count) => {
      const one = balanced();
      const fast = Array.from({ length: count - 1 }, (_, i) => [`fast${i + 1}`, one.after(5)]);
      one.add({ ...Object.fromEntries(fast), slow: one.after(200) });
      const shares = await one.shares(100, 30);
      expect(shares.slow).toBeLessThan(0.05);
      expect(shares.slow).toBeGreaterThan(0); // it may have become fast again
      for (let i = 1; i < count; i++) expect(shares[`fast${i}`]).toBeGreaterThan(0.7 / (count - 1));
    });

    it('sends to a slow one when fast ones have too much to do', async () => {
      const one = balanced();
      one.add({ fast: async () => someReply(), slow: async () => someReply() });
      one.at('fast').load.latency.record(10, one.clock.now());
      one.at('slow').load.latency.record(40, one.clock.now());
      one.at('fast').load.inFlight = 2; // the next one takes 30 ms
      expect(await one.chosen()).toBe('fast');
      one.at('fast').load.inFlight = 4;
      expect(await one.chosen()).toBe('slow');
    });

    it('takes averages within a factor of two for equal', async () => {
      const one = balanced();
      one.add({ a: one.after(1_000), b: one.after(1_000), c: one.after(1_000) });
      for (const [name, ms] of Object.entries({ a: 10, b: 19, c: 21 })) {
        one.at(name).load.latency.record(ms, one.clock.now());
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
      one.add({ known: async () => someReply(), unknown: one.after(1_000) });
      one.at('known').load.latency.record(5, one.clock.now());
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
      const failing = () => (failure instanceof Error ? Promise.reject(failure) : Promise.resolve(failure));
      one.add({ a: one.after(20), b: one.after(20), bad: one.after(1, failing) });
      expect((await one.shares(100, 30)).bad).toBeLessThan(0.05);
    });

    it('does not leave out one of three for a failure in a thousand', async () => {
      const one = balanced();
      let sent = 0;
      const c = one.after(5, async () => (++sent % 1_000 === 400 ? problemReply('internal') : someReply()));
      one.add({ a: one.after(5), b: one.after(5), c });
      const shares = await one.shares(500, 6);
      expect(sent).toBeGreaterThan(400);
      expect(shares.c).toBeGreaterThan(0.2);
    });

    it('holds nothing against an endpoint that wants a probe which began before it did', async () => {
      const one = balanced();
      one.add({ a: async () => someReply() });
      const { load } = one.at('a');
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
      one.add({ a: async () => someReply() });
      const { load } = one.at('a');
      load.latency.record(20, one.clock.now());
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
      one.add({ busy: async () => told(0.9), free: async () => told(0.1) });
      for (const name of ['busy', 'free']) await one.at(name).send(someAttempt({ endpoint: `http://${name}` }));
      const { busy = 0 } = await one.shares(100, 5);
      expect(busy).toBeGreaterThan(0.05);
      expect(busy).toBeLessThan(0.15); // 0.1 of 0.1 + 0.9
    });

    it('still uses an endpoint that reports itself full', async () => {
      const one = balanced();
      one.add({ full: async () => told(7), free: async () => told(0) });
      for (const name of ['full', 'free']) await one.at(name).send(someAttempt({ endpoint: `http://${name}` }));
      const { full = 0 } = await one.shares(100, 9);
      expect(full).toBeGreaterThan(0.02);
      expect(full).toBeLessThan(0.08);
    });
  });

  describe('slow start', () => {
    it('gives a new endpoint more and more, up to its share', async () => {
      const one = idle('ab', { slowStartMs: 10_000 });
      one.add({ new: async () => someReply() });
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
      one.add({ new: async () => someReply() });
      expect((await one.shares(300, 4)).new).toBeGreaterThan(0.28);
    });

    it('begins again after an ejection', async () => {
      const one = idle('abc', { circuitProbes: 1 });
      one.at('a').eject();
      await one.clock.advance(1_000);
      await one.shares(10, 1); // among them the probe
      expect(one.at('a').status.circuit).toBe('closed');
      expect((await one.shares(300, 1)).a).toBeLessThan(0.1);
    });
  });
});
