import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventLoopReader } from './event-loop.ts';

function work(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

describe('the event loop of this process', () => {
  const read = eventLoopReader();
  const load = () => read(performance.now());

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
});
