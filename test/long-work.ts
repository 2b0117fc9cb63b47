import { setTimeout } from 'node:timers/promises';
import { bytes, type Client, type Content, defineContract, defineError, get, post } from '@parley/contract';
import { z } from 'zod';

const id = z.object({ id: z.string() });
export const reportFailed = defineError('report_failed', { status: 409, title: 'Report failed' });

export const reports = defineContract('reports', {
  // 202: the work has begun. Keyed: sent twice, it begins once.
  startReport: post('/api/reports', {
    summary: 'Starts a report',
    input: z.object({ year: z.int() }),
    output: z.object({ id: z.string(), location: z.string() }),
    status: 202,
    safety: 'keyed',
    responseHeaders: { location: 'Location' },
  }),
  // The status resource: 200 with what is known, and when to ask again.
  getReport: get('/api/reports/{id}', {
    summary: 'How far a report is',
    input: id,
    output: z.object({ state: z.enum(['running', 'done']), percent: z.int(), retryAfterS: z.int().optional() }),
    errors: [reportFailed],
    responseHeaders: { retryAfterS: 'Retry-After' },
  }),
  downloadReport: get('/api/reports/{id}/pdf', {
    summary: 'A report',
    input: id,
    output: bytes({ type: 'application/pdf' }),
  }),
});

/** Starts a report and waits for it. Throws what the report failed with, or why `signal` fired. */
export async function reportOf(client: Client<typeof reports>, year: number, signal?: AbortSignal): Promise<Content> {
  const { id } = await client.startReport({ year });
  for (;;) {
    const { state, retryAfterS = 1 } = await client.getReport({ id });
    if (state === 'done') return client.downloadReport({ id });
    await setTimeout(1000 * retryAfterS, undefined, { signal });
  }
}
