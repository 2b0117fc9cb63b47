import { afterEach, describe, expect, it } from '@jest/globals';
import { problemReply, someReply } from '../../test-fixtures/sample.ts';
import { ScriptedUpstream } from '../../test-fixtures/scripted-upstream.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';

let one: ScriptedUpstream;
afterEach(async () => {
  await one.close();
});

function endpoints(names: string, options: Partial<UpstreamOptions> = {}) {
  one = new ScriptedUpstream({}, { circuitOpenMs: 600_000, circuitMaxOpenMs: 600_000, ...options });
  one.add(Object.fromEntries([...names].map((name) => [name, async () => someReply()])));
  return [...names].map((name) => one.at(name));
}

describe('panic', () => {
  it('uses all endpoints when more than half are ejected', async () => {
    const [a, b, c] = endpoints('abcd');
    a?.eject();
    b?.eject();
    expect(Object.values(await one.shares(400, 2))).toEqual([0, 0, expect.any(Number), expect.any(Number)]);
    c?.eject();
    expect(one.group.isPanic).toBe(true);
    for (const share of Object.values(await one.shares(400, 2))) expect(share).toBeGreaterThan(0.15);
  });

  it('is over when enough of them are back', async () => {
    const all = endpoints('ab', { circuitOpenMs: 1_000, circuitProbes: 1 });
    for (const endpoint of all) endpoint.eject();
    await one.shares(50, 0.2);
    expect(one.group.isPanic).toBe(true); // what was forced through says nothing
    await one.clock.advance(1_000);
    await one.shares(10, 1);
    expect(one.group.isPanic).toBe(false);
    expect(all.map(({ status }) => status.circuit)).toEqual(['closed', 'closed']);
  });

  it('has its limit from maxEjectedRatio', async () => {
    const [a] = endpoints('abc', { maxEjectedRatio: 0.2 });
    a?.eject();
    expect((await one.shares(300, 1)).a).toBeGreaterThan(0.2);
    const all = endpoints('ab', { maxEjectedRatio: 1 });
    for (const endpoint of all) endpoint.eject();
    expect(await one.shares(10, 1)).toEqual({ a: 0, b: 0 });
  });
});

describe('an endpoint that has not passed its active probe', () => {
  /** One of two, ejected, that answers its probes with 503. */
  async function ejected() {
    const [a] = endpoints('ab', { probePath: '/healthz', maxAttempts: 1 });
    one.add({ a: async ({ call }) => someReply(call.path === '/healthz' ? 503 : 200) });
    a?.eject();
    await one.clock.advance(5_000);
    expect([a?.isEjected, one.counts.get('a')]).toEqual([true, 5]);
    return one.at('a');
  }

  it('is let in by an operator who forces its circuit closed, and asked no more', async () => {
    const a = await ejected();
    a.circuit.forceClose();
    expect(a.status).toMatchObject({ circuit: 'forced-closed', isEjected: false });
    await one.clock.advance(5_000);
    expect(one.counts.get('a')).toBe(5);
    expect((await one.shares(100, 1)).a).toBeGreaterThan(0.3);
    a.circuit.auto();
    expect(a.status).toMatchObject({ circuit: 'closed', isEjected: false });
  });

  it('is kept out by one who forces it open, in panic too', async () => {
    const a = await ejected();
    a.circuit.forceOpen();
    one.at('b').eject();
    expect(await one.shares(10, 1)).toMatchObject({ a: 0 });
    expect(a.availability).toBe('forced-open');
  });
});

describe('comparison of success rates', () => {
  /** One of them fails 5 % of its attempts: too few for its circuit. Under load, so that it gets 100 of them in 10 s. */
  async function oneWorse(names: string, options: Partial<UpstreamOptions> = {}, forcedOpen = '') {
    one = new ScriptedUpstream({}, { circuitOpenMs: 600_000, circuitMaxOpenMs: 600_000, ...options });
    let sent = 0;
    const failing = one.after(100, async () => (++sent % 20 === 0 ? problemReply('internal') : someReply()));
    one.add({ ...Object.fromEntries([...names].map((name) => [name, one.after(100)])), bad: failing });
    for (const name of forcedOpen) one.at(name).circuit.forceOpen();
    await one.shares(600, 21);
    expect(sent).toBeGreaterThan(200);
    return one.at('bad');
  }

  it('ejects an endpoint that fails clearly more often than the others', async () => {
    const bad = await oneWorse('abcde');
    expect(bad.status).toMatchObject({ circuit: 'open', isEjected: true });
    expect(one.group.all.filter(({ isEjected }) => isEjected)).toEqual([bad]);
  });

  it('takes endpoints that an operator keeps out for no part of the limit', async () => {
    const bad = await oneWorse('abcdefghij', {}, 'fghij');
    expect(bad.status).toMatchObject({ circuit: 'open', isEjected: true });
  });

  it('ejects no endpoint beyond the limit', async () => {
    expect((await oneWorse('abcde', { maxEjectedRatio: 0.1 })).isEjected).toBe(false);
  });

  it('ejects no endpoint of four', async () => {
    expect((await oneWorse('abc')).isEjected).toBe(false);
  });
});
