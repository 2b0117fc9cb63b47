import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventLoopReader, readEventLoopBy } from './event-loop.ts';

function work(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

describe('event loop', () => {
  const read = eventLoopReader();
  const load = () => read(performance.now());

  it('is one reader for the process', () => {
    expect(eventLoopReader()).toBe(read);
  });

  it('is late where every turn is long', async () => {
    load();
    for (let n = 0; n < 6; n++) {
      work(80);
      await wait(1);
    }
    const { delayMs, utilization } = load();
    expect(delayMs).toBeGreaterThan(50);
    expect(utilization).toBeGreaterThan(0.5);
  });

  it('is not late for one long turn', async () => {
    load();
    await wait(150);
    work(200);
    await wait(150);
    expect(load().delayMs).toBeLessThan(40);
  });

  it('is looked at once in 100 ms', async () => {
    await wait(150);
    const nowMs = performance.now();
    const first = read(nowMs);
    expect(read(nowMs + 99)).toBe(first);
  });

  it('tells the busy share of the last second apart from that of the last sample, and keeps it for as long', () => {
    let atMs = 0;
    let active = 0;
    const pass = (ms: number, share: number) => {
      atMs += ms;
      active += ms * share;
    };
    const read = readEventLoopBy({
      utilization: () => ({ active, idle: atMs - active, utilization: 0 }),
      delays: { count: 10, percentile: () => 10e6, reset() {} },
      startMs: 0,
    });
    pass(999, 1);
    expect(read(atMs)).toMatchObject({ utilization: 1, lastSecond: 0 });
    pass(101, 1);
    expect(read(atMs).lastSecond).toBe(1);
    pass(999, 0);
    expect(read(atMs)).toMatchObject({ utilization: 0, lastSecond: 1 });
    pass(1001, 0.25);
    expect(read(atMs).lastSecond).toBeCloseTo(0.125, 2);
    // After a long sleep the load before it does not count against the first request.
    pass(60_000, 0);
    expect(read(atMs).lastSecond).toBe(0);
  });
});
