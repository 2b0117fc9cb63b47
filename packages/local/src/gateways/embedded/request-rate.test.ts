import { describe, expect, it } from '@jest/globals';
import { createRequestRate } from './request-rate.ts';

describe('createRequestRate', () => {
  const count = (rate: ReturnType<typeof createRequestRate>, network: string, asked: number) =>
    Array.from({ length: asked }, () => rate.take(network)).filter(Boolean).length;

  it('lets one request and the burst pass at once, and the rate from then on, for each client', () => {
    let now = 0;
    const rate = createRequestRate({ requestsPerSecond: 100, burst: 50 }, () => now);
    expect(count(rate, 'a', 200)).toBe(51);
    now = 100;
    expect(count(rate, 'a', 200)).toBe(10);
    expect(count(rate, 'b', 200)).toBe(51);
    now = 60_000;
    expect(count(rate, 'a', 200)).toBe(51);
  });

  it('does not count what it refuses: a client that goes on asking gets its rate', () => {
    let now = 0;
    const rate = createRequestRate({ requestsPerSecond: 100, burst: 0 }, () => now);
    let passed = 0;
    for (now = 0; now < 1_000; now++) if (rate.take('a')) passed++;
    expect(passed).toBe(100);
  });

  it('forgets clients that are below their rate again, and the oldest beyond 16 384', () => {
    let now = 0;
    const rate = createRequestRate({ requestsPerSecond: 1, burst: 50 }, () => now);
    for (let client = 0; client < 20_000; client++) {
      rate.take(`${client}`);
      rate.take(`${client}`);
    }
    expect(rate.clients).toBeLessThanOrEqual(16_384);
    now = 2_000;
    for (let request = 0; request < 10_000; request++) rate.take('one');
    expect(rate.clients).toBe(1);
  });
});
