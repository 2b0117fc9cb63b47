import { describe, expect, it } from '@jest/globals';
import { eventLoopReader, readEventLoopBy } from './event-loop.ts';

describe('event loop', () => {
  it('is one reader for the process', () => {
    expect(eventLoopReader()).toBe(eventLoopReader());
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
