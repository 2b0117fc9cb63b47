import { describe, expect, it } from '@jest/globals';
import { type AdminReply, type Merge, merges } from './merged-admin.ts';

type Endpoint = AdminReply<'listUpstreams'>['upstreams'][number]['endpoints'][number];

const connections = { open: 1, idle: 1, pending: 0, queued: 0, running: 0, reused: 3, closedByAge: 0 };
const endpoint = (address: string, more: Partial<Endpoint> = {}): Endpoint => ({
  ...{ address, circuit: 'closed', circuitSinceMs: 1, isEjected: false, inFlight: 2, weight: 1, connections },
  ...more,
});
const upstream = (endpoints: Endpoint[], limit?: number) => ({
  upstreams: [
    { name: 'shop', endpoints, concurrency: { inFlight: 1, queued: 0, ...(limit && { limit }) }, retryBudget: 5 },
  ],
});
const merge = <Name extends keyof typeof merges>(name: Name) => merges[name] as Merge<Name>;

describe('the admin API of several workers', () => {
  it('shows each endpoint once, with the state of its least healthy circuit', () => {
    const { upstreams } = merge('listUpstreams')([
      upstream([endpoint('a', { latencyMs: 1 }), endpoint('b')], 10),
      upstream([endpoint('a', { circuit: 'open', circuitReason: 'slow', isEjected: true, latencyMs: 9 })], 20),
    ]);
    expect(upstreams).toEqual([
      {
        name: 'shop',
        concurrency: { inFlight: 2, queued: 0, limit: 30 },
        retryBudget: 10,
        endpoints: [
          endpoint('a', {
            ...{ circuit: 'open', circuitReason: 'slow', isEjected: true, latencyMs: 9, inFlight: 4 },
            connections: { ...connections, open: 2, idle: 2, reused: 6 },
          }),
          endpoint('b'),
        ],
      },
    ]);
  });

  it('shows no limit where one worker has none', () => {
    const { upstreams } = merge('listUpstreams')([upstream([], 10), upstream([])]);
    expect(upstreams[0]?.concurrency).toEqual({ inFlight: 2, queued: 0 });
  });

  it('shows the newest calls of all, 100 at most', () => {
    const request = (startedAt: string) => ({
      ...{ operation: 'GET /', startedAt, durationMs: 1, reason: 'slow' as const },
      ...{ method: 'GET', scheme: 'http' as const, status: 200 },
    });
    const times = (from: number) => Array.from({ length: 80 }, (_, n) => request(String(1000 + from + 2 * n)));
    const { requests } = merge('listCalls')([
      { slowMs: 1, calls: [], requests: times(0) },
      { slowMs: 1, calls: [], requests: times(1) },
    ]);
    expect(requests).toHaveLength(100);
    expect(requests.map(({ startedAt }) => Number(startedAt))).toEqual(Array.from({ length: 100 }, (_, n) => 1159 - n));
  });

  it('shows the options that an operator has changed, wherever', () => {
    const options = (value: number, endsAt?: string) => ({
      service: [],
      upstreams: [
        {
          ...{ name: 'shop', ...(endsAt && { endsAt }) },
          options: [{ name: 'maxAttempts', value, source: 'code' as const }],
        },
      ],
    });
    const { upstreams } = merge('getOptions')([options(3), options(1, 'later')]);
    expect(upstreams).toEqual([
      expect.objectContaining({ endsAt: 'later', options: [expect.objectContaining({ value: 1 })] }),
    ]);
  });

  it('says each finding once', () => {
    const finding = { rule: 'no-retries', sentence: 'One.' };
    expect(merge('lint')([{ findings: [finding] }, { findings: [finding] }])).toEqual({ findings: [finding] });
  });
});
