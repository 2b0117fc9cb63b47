import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { content, type ExplainingClient } from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import { reportFailed, reportOf, reports } from './long-work.ts';

let service: StartedService;
let upstream: Upstream;
let client: ExplainingClient<typeof reports>;
let asked = 0;

const handlers = {
  startReport: async ({ year }: { year: number }) => ({ id: String(year), location: `/api/reports/${year}` }),
  getReport: async ({ id }: { id: string }) => {
    if (id === '1999') throw reportFailed('no books from 1999');
    asked++;
    return asked < 3
      ? { state: 'running' as const, percent: 30 * asked, retryAfterS: 0 }
      : { state: 'done' as const, percent: 100 };
  },
  downloadReport: async ({ id }: { id: string }) =>
    content(Buffer.from(`report of ${id}`), { type: 'application/pdf', name: `${id}.pdf` }),
};

beforeAll(async () => {
  service = await startService(reports, handlers);
  upstream = createUpstream('reports', service.url);
  client = createClient(reports, upstream);
});
afterAll(async () => {
  await upstream.close();
  await service.stop();
});

describe('work that takes longer than a request', () => {
  it('is begun with 202, asked about until it is done, and then fetched', async () => {
    const report = await reportOf(client, 2026);
    expect([report.name, await report.text(), asked]).toEqual(['2026.pdf', 'report of 2026', 3]);
  });

  it('is answered 202 with the address of its status', async () => {
    const response = await fetch(`${service.url}/api/reports`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"year":2025}',
    });
    expect([response.status, response.headers.get('location'), await response.json()]).toEqual([
      202,
      '/api/reports/2025',
      { id: '2025' },
    ]);
  });

  it('tells why it failed', async () => {
    await expect(reportOf(client, 1999)).rejects.toMatchObject({ code: 'report_failed', detail: 'no books from 1999' });
  });
});
