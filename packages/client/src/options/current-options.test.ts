import { beforeEach, describe, expect, it } from '@jest/globals';
import { rejection } from '../../test-fixtures/sample.ts';
import { shop, shopHandlers } from '../../test-fixtures/shop.ts';
import { createClient } from '../client.ts';
import { always, failing, faults, hang, ok, problem, refused, slow, status } from '../testing/faults.ts';
import { type InMemoryOptions, inMemoryUpstream } from '../testing/in-memory-upstream.ts';
import { type VirtualClock, virtualClock } from '../testing/virtual-clock.ts';
import { CurrentOptions } from './current-options.ts';
import { type ChangeableOptions, type UpstreamOptions, upstreamDefaults } from './upstream-options.ts';

describe('CurrentOptions', () => {
  it('makes a new snapshot of a change, with what was given before', () => {
    const live = new CurrentOptions({ maxAttempts: 2 });
    const before = live.current;
    live.change({ callTimeoutMs: 9_000 });
    expect(live.current).toEqual({ ...upstreamDefaults, maxAttempts: 2, callTimeoutMs: 9_000 });
    expect(before).toEqual({ ...upstreamDefaults, maxAttempts: 2 });
    live.change({ maxAttempts: undefined } as unknown as Partial<ChangeableOptions>);
    expect(live.current.maxAttempts).toBe(2);
  });

  it('has frozen snapshots', () => {
    const { current } = new CurrentOptions();
    expect(() => Object.assign(current, { maxAttempts: 9 })).toThrow(TypeError);
    expect(() => Object.assign(upstreamDefaults, { maxAttempts: 9 })).toThrow(TypeError);
  });

  it('calls its listeners after each change, and not for a refused change', () => {
    const live = new CurrentOptions();
    const seen: number[] = [];
    const end = live.subscribe(() => seen.push(live.current.maxAttempts));
    live.change({ maxAttempts: 4 });
    expect(() => live.change({ maxAttempts: 0 })).toThrow(TypeError);
    end();
    live.change({ maxAttempts: 5 });
    expect(seen).toEqual([4]);
  });

  it('leaves the defaults, and what was given, as they are', () => {
    const [given, before] = [{ maxAttempts: 2 }, { ...upstreamDefaults }];
    new CurrentOptions(given).change({ maxAttempts: 5, maxConnections: 1 });
    new CurrentOptions().change({ maxAttempts: 5 });
    expect([given, upstreamDefaults]).toEqual([{ maxAttempts: 2 }, before]);
  });

  it('changes all or nothing', () => {
    const live = new CurrentOptions();
    const refuse = (changes: object) => () => live.change(changes);
    expect(refuse({ maxAttempts: 5, backoffMaxMs: -1 })).toThrow(
      'backoffMaxMs must be a number from 0 to 600000, not -1',
    );
    expect(refuse({ maxAttempts: 5, retries: 1 })).toThrow('unknown option retries');
    expect(refuse({ maxAttempts: 5, http: '2' })).toThrow('http cannot be changed');
    expect(live.current).toEqual(upstreamDefaults);
  });

  it('names both options that contradict each other, one of them set before', () => {
    const live = new CurrentOptions({ attemptTimeoutMs: 800 });
    expect(() => live.change({ callTimeoutMs: 500 })).toThrow(
      'attemptTimeoutMs (800) must not be above callTimeoutMs (500)',
    );
    live.change({ callTimeoutMs: 900 });
    expect(() => live.change({ attemptTimeoutMs: 901 })).toThrow(
      'attemptTimeoutMs (901) must not be above callTimeoutMs (900)',
    );
  });

  it('puts values of an operator above the others, until they end', () => {
    const live = new CurrentOptions({ maxAttempts: 2 });
    const seen: number[] = [];
    live.subscribe(() => seen.push(live.current.maxAttempts));
    live.override({ maxAttempts: 1, circuitSlowCallMs: 'Infinity' });
    live.change({ maxAttempts: 4, maxQueue: 5 });
    expect(live.current).toMatchObject({ maxAttempts: 1, maxQueue: 5, circuitSlowCallMs: Number.POSITIVE_INFINITY });
    live.override({ maxQueue: 6 });
    expect(live.current).toMatchObject({ maxAttempts: 1, maxQueue: 6 });
    live.endOverrides();
    live.endOverrides();
    expect(live.current).toMatchObject({ maxAttempts: 4, maxQueue: 5 });
    expect(seen).toEqual([1, 1, 1, 4]);
  });

  it('checks values of an operator as others, all or none', () => {
    const live = new CurrentOptions({ attemptTimeoutMs: 800 });
    const refuse = (values: Record<string, number | boolean | string>) => () => live.override(values);
    expect(refuse({ maxAttempts: 5, callTimeoutMs: 500 })).toThrow(
      'attemptTimeoutMs (800) must not be above callTimeoutMs',
    );
    expect(refuse({ maxAttempts: '5' })).toThrow('maxAttempts must be a whole number from 1 to 10, not');
    expect(refuse({ shouldRetry: 'yes' })).toThrow('shouldRetry must be a function');
    expect(refuse({ http: '2' })).toThrow('http cannot be changed while the upstream is open');
    expect(refuse(JSON.parse('{"__proto__": 1}'))).toThrow('unknown option __proto__');
    expect(live.current).toEqual({ ...upstreamDefaults, attemptTimeoutMs: 800 });
  });

  it('tells once where a later change contradicts values of an operator', () => {
    const live = new CurrentOptions();
    let ends = 0;
    live.override({ attemptTimeoutMs: 1_500 }, () => ends++);
    live.change({ maxAttempts: 2 });
    expect(ends).toBe(0);
    live.change({ callTimeoutMs: 1_000 });
    expect(live.current.attemptTimeoutMs).toBe(1_000);
    live.change({ callTimeoutMs: 900 });
    expect(ends).toBe(1);
  });

  it('ends values of an operator that contradict a later change', () => {
    const live = new CurrentOptions();
    live.override({ callTimeoutMs: 1_000, maxAttempts: 1 });
    live.change({ attemptTimeoutMs: 1_500 });
    expect(live.current).toMatchObject({ callTimeoutMs: 5_000, attemptTimeoutMs: 1_500, maxAttempts: 3 });
  });

  it('lets the default time of an attempt follow the time of the call, down and up', () => {
    const live = new CurrentOptions({ callTimeoutMs: 500 });
    expect(live.current.attemptTimeoutMs).toBe(500);
    live.change({ callTimeoutMs: 300 });
    expect(live.current.attemptTimeoutMs).toBe(300);
    live.change({ callTimeoutMs: 9_000 });
    expect(live.current.attemptTimeoutMs).toBe(2_000);
  });

  it.each(['tls', 'http', 'clock', 'random'])('refuses %s by name and reason', (name) => {
    const changes = { [name]: upstreamDefaults[name as keyof UpstreamOptions] };
    expect(() => new CurrentOptions().change(changes)).toThrow(
      new RegExp(`^${name} cannot be changed while the upstream is open: \\w+ .{10}`),
    );
  });

  it('has no option in its type that it refuses', () => {
    const typesOnly = () => {
      // @ts-expect-error not changeable
      new CurrentOptions().change({ clock: upstreamDefaults.clock });
      // @ts-expect-error read only for everybody else
      new CurrentOptions().current.maxAttempts = 2;
    };
    expect(typesOnly).toBeDefined();
  });
});

describe('upstream.configure', () => {
  let clock: VirtualClock;
  let startMs: number;
  let attempts: (string | number)[];
  beforeEach(() => {
    clock = virtualClock();
    startMs = clock.now();
    attempts = [];
  });
  const passedMs = () => clock.now() - startMs;

  function open(options: Partial<InMemoryOptions> = {}) {
    const upstream = inMemoryUpstream(shop, shopHandlers(), { clock, random: () => 0.5, backoffBaseMs: 0, ...options });
    upstream.subscribe({ onAttempt: ({ code, status }) => void attempts.push(code ?? status ?? '') });
    const { newestItem, buyItem, watchItems } = createClient(shop, upstream);
    const code = async (call: Promise<unknown>) => (await rejection(clock.run(call))).code;
    return { upstream, newestItem, buy: () => buyItem({ id: '7', count: 1 }), watchItems, code };
  }

  it('shows the options as they are now', () => {
    const { upstream } = open();
    const before = upstream.options;
    upstream.configure({ maxAttempts: 1 });
    expect([before.maxAttempts, upstream.options.maxAttempts]).toEqual([3, 1]);
    expect(() => upstream.configure({ maxAttempts: 0 })).toThrow(
      'maxAttempts must be a whole number from 1 to 10, not 0',
    );
    expect(upstream.options.maxAttempts).toBe(1);
  });

  it('deadline: holds for calls that begin after it', async () => {
    const { upstream, newestItem, code } = open({ callTimeoutMs: 1_000 });
    upstream.inject(always(hang()));
    const before = rejection(newestItem());
    await clock.advance(100);
    upstream.configure({ callTimeoutMs: 400 });
    expect(await code(newestItem())).toBe('deadline_exceeded');
    expect(passedMs()).toBe(100 + 398); // the last attempt ends 2 ms before its call
    await clock.run(before);
    expect(passedMs()).toBe(998);
  });

  it('attempt timeout: holds for attempts that begin after it', async () => {
    const { upstream, newestItem } = open();
    upstream.inject(faults(hang(), ok()));
    upstream.configure({ attemptTimeoutMs: 70 });
    await clock.run(newestItem());
    expect(passedMs()).toBe(70);
  });

  it.each([
    ['fewer', 5, 1],
    ['more', 1, 5],
  ])('retry: %s attempts for calls that begin after it, not for one under way', async (_, before, after) => {
    const { upstream, newestItem } = open({ maxAttempts: before });
    upstream.inject(always(slow(100)));
    upstream.inject(failing(100));
    upstream.configure({ circuitMinCalls: 1_000, circuitConsecutiveFailures: 1_000 });
    const underWay = rejection(newestItem());
    upstream.configure({ maxAttempts: after });
    await clock.run(underWay);
    expect(attempts).toHaveLength(before);
    await rejection(clock.run(newestItem()));
    expect(attempts).toHaveLength(before + after);
  });

  it('retry budget: more and less of it', async () => {
    const { upstream, newestItem } = open({ retryBudgetPerSecond: 0, retryBudgetRatio: 0, circuitMinCalls: 1_000 });
    upstream.inject(always(status(503)));
    await rejection(clock.run(newestItem()));
    expect(attempts).toHaveLength(1);
    upstream.configure({ retryBudgetPerSecond: 2 });
    await clock.advance(1_000);
    await rejection(clock.run(newestItem()));
    expect(attempts).toHaveLength(1 + 3);
    upstream.configure({ retryBudgetPerSecond: 0 });
    await clock.advance(1_000);
    await rejection(clock.run(newestItem()));
    expect(attempts).toHaveLength(1 + 3 + 1);
  });

  it('backoff: waits by the new bounds', async () => {
    const { upstream, newestItem } = open();
    upstream.inject(failing(1));
    upstream.configure({ backoffBaseMs: 600 });
    await clock.run(newestItem());
    expect(passedMs()).toBe(300);
  });

  it('circuit: opens by the new limits, also where there was an opinion before', async () => {
    const { upstream, buy, code } = open({ circuitMinCalls: 3, circuitConsecutiveFailures: 1_000 });
    const circuit = () => upstream.endpoints()[0]?.circuit;
    upstream.inject(always(refused()));
    upstream.configure({ maxAttempts: 1 });
    for (let i = 0; i < 2; i++) await code(buy());
    upstream.configure({ circuitMinCalls: 5 });
    for (let i = 0; i < 4; i++) await code(buy());
    expect(circuit()).toBe('closed');
    await code(buy());
    expect(circuit()).toBe('open');
  });

  it('circuit: an open circuit keeps its open time, the next one takes the new time', async () => {
    const { upstream, buy, code } = open({ circuitMinCalls: 1, circuitProbes: 1, maxAttempts: 1 });
    const circuit = () => upstream.endpoints()[0]?.circuit;
    upstream.inject(always(refused()));
    await code(buy());
    upstream.configure({ circuitOpenMs: 200 });
    await clock.advance(749); // the last half of it is random, and random says 0.5
    expect(circuit()).toBe('open');
    await clock.advance(1);
    expect(circuit()).toBe('half-open');
    await code(buy());
    await clock.advance(299); // doubled, as the probe failed
    expect(circuit()).toBe('open');
    await clock.advance(1);
    expect(circuit()).toBe('half-open');
  });

  it('circuit: forgets after a window of the new length', async () => {
    const { upstream, buy, code } = open({
      circuitWindowMs: 600_000,
      circuitMinCalls: 3,
      circuitConsecutiveFailures: 1_000,
      maxAttempts: 1,
    });
    upstream.inject(always(problem('unavailable')));
    upstream.configure({ circuitWindowMs: 1_000 });
    for (let i = 0; i < 6; i++) {
      await code(buy());
      await clock.advance(600);
    }
    expect(upstream.endpoints()[0]?.circuit).toBe('closed');
  });

  it('subset: another number of endpoints is used at once', async () => {
    const { upstream, newestItem } = open({ replicas: 4 });
    await clock.run(newestItem());
    upstream.configure({ subsetSize: 2 });
    expect(upstream.endpoints()).toHaveLength(2);
    upstream.configure({ subsetSize: Number.POSITIVE_INFINITY });
    expect(upstream.endpoints()).toHaveLength(4);
  });

  it('replies and streams: the new sizes and times', async () => {
    const { upstream, newestItem, watchItems, code } = open();
    upstream.configure({ maxReplyBytes: 10, firstItemTimeoutMs: 60 });
    expect(await code(newestItem())).toBe('invalid_reply');
    upstream.inject(always(hang()));
    await clock.run(rejection(watchItems()[Symbol.asyncIterator]().next()));
    expect(passedMs()).toBe(58);
  });

  it('may be called on a closed upstream, and starts nothing there', async () => {
    const { upstream } = open();
    await upstream.close();
    upstream.configure({ circuitWindowMs: 1_000 });
    expect(clock.pending).toBe(0);
  });
});
