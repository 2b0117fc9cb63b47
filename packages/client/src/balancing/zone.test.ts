import { afterEach, describe, expect, it } from '@jest/globals';
import { ScriptedUpstream } from '../../test-fixtures/scripted-upstream.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';

let one: ScriptedUpstream | undefined;
afterEach(async () => {
  await one?.close();
});

/** Endpoints `a0`, `a1` and so on, as many per zone as said. */
function zones(
  counts: Readonly<Record<string, number>>,
  options: Partial<UpstreamOptions> = { zone: 'a' },
): ScriptedUpstream {
  const balanced = new ScriptedUpstream({}, options);
  const inZone = ([zone, count]: [string, number]) =>
    Array.from({ length: count }, (_, i) => ({ origin: `http://${zone}${i}`, weight: 1, zone }));
  balanced.place(Object.entries(counts).flatMap(inZone));
  one = balanced;
  return balanced;
}

async function shareOfA(balanced: ScriptedUpstream): Promise<number> {
  const shares = Object.entries(await balanced.shares(400, 5));
  return shares.reduce((sum, [name, share]) => (name.startsWith('a') ? sum + share : sum), 0);
}

describe('zones', () => {
  it('keep all attempts in the own zone where it has its fair part of the endpoints', async () => {
    expect(await shareOfA(zones({ a: 2, b: 2, c: 2 }))).toBe(1);
  });

  it('send elsewhere what a zone that is too small would be too much for', async () => {
    // One of six, with a third of the callers: half of their attempts.
    const share = await shareOfA(zones({ a: 1, b: 3, c: 2 }));
    expect(share).toBeGreaterThan(0.45);
    expect(share).toBeLessThan(0.55);
  });

  it('count weights, not heads', async () => {
    const balanced = zones({ a: 1, b: 3, c: 2 });
    const [first] = balanced.group.all;
    if (first) first.load.weight = 5;
    balanced.group.refresh();
    expect(await shareOfA(balanced)).toBe(1);
  });

  it('do not matter where less than 70 % of the own zone admit', async () => {
    const balanced = zones({ a: 4, b: 4 }, { zone: 'a', circuitOpenMs: 30_000 });
    const [first, second] = balanced.group.all;
    first?.eject();
    // Three of four admit: 3/7 of all, of two zones.
    expect(await shareOfA(balanced)).toBeGreaterThan(0.8);
    second?.eject();
    const share = await shareOfA(balanced);
    expect(share).toBeGreaterThan(0.25); // 2 of 6
    expect(share).toBeLessThan(0.42);
  });

  it.each([
    ['with less than six endpoints', { a: 2, b: 3 }, { zone: 'a' }, 2 / 5],
    ['where the caller has none', { a: 3, b: 3 }, {}, 1 / 2],
    ['where no endpoint is in that of the caller', { a: 3, b: 3 }, { zone: 'z' }, 1 / 2],
  ])('do not matter %s', async (_, counts, options, expected) => {
    expect(Math.abs((await shareOfA(zones(counts, options))) - expected)).toBeLessThan(0.06);
  });

  it('are left for an attempt that has tried all of the own', async () => {
    const balanced = zones({ a: 2, b: 2, c: 2 });
    expect(await balanced.chosen({ tried: ['a0', 'a1'] })).toMatch(/^[bc]/);
  });
});
