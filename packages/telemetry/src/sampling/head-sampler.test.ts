import { describe, expect, it } from '@jest/globals';
import { randomHex } from '@parley/contract';
import { headSampler } from './head-sampler.ts';

const traceId = 'a'.repeat(32);

describe('head sampling', () => {
  it.each([
    ['always_on', true, true, true],
    ['always_off', false, false, false],
    ['parentbased_always_on', true, true, false],
    ['parentbased_always_off', false, true, false],
  ] as const)('by %s: a root %p, below a sampled parent %p, below another one %p', (name, root, sampled, unsampled) => {
    const sampler = headSampler(name, 1);
    expect([undefined, true, false].map((parent) => sampler(traceId, parent))).toEqual([root, sampled, unsampled]);
  });

  it('by a ratio samples this share of traces, the same ones in each process', () => {
    const [one, other] = [headSampler('traceidratio', 0.25), headSampler('parentbased_traceidratio', 0.25)];
    const ids = Array.from({ length: 4000 }, () => randomHex(16));
    const sampled = ids.filter((id) => one(id, undefined));
    expect(sampled.length).toBeGreaterThan(800);
    expect(sampled.length).toBeLessThan(1200);
    expect(ids.filter((id) => other(id, undefined))).toEqual(sampled);
    expect(ids.some((id) => other(id, false))).toBe(false);
  });
});
