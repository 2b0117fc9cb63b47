import { describe, expect, it } from '@jest/globals';
import { eventLoopGauge } from './event-loop-gauge.ts';

describe('eventLoopGauge', () => {
  it('tells the busy share of the last second, and keeps to it for as long', () => {
    let atMs = 0;
    let active = 0;
    const pass = (ms: number, share: number) => {
      atMs += ms;
      active += ms * share;
    };
    const gauge = eventLoopGauge(
      () => ({ active, idle: atMs - active, utilization: 0 }),
      () => atMs,
    );
    pass(999, 1);
    expect(gauge()).toBe(0);
    pass(1, 1);
    expect(gauge()).toBe(1);
    pass(999, 0);
    expect(gauge()).toBe(1);
    pass(1001, 0.25);
    expect(gauge()).toBeCloseTo(0.125, 2);
    // Long asleep: what was before doesn't count against the first who asks.
    pass(60_000, 0);
    expect(gauge()).toBe(0);
  });
});
