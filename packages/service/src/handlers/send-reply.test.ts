import { describe, expect, it } from '@jest/globals';
import { defineContract, form, post, text } from '@parley/contract';
import { z } from 'zod';
import { inMemoryService } from '../testing/in-memory-service.ts';

const contract = defineContract('receipts', {
  buy: post('/buy', {
    summary: 's',
    input: form(z.object({ count: z.int() })),
    output: text({ type: 'text/csv' }),
    safety: 'keyed',
  }),
});

describe('a keyed operation with a form and a text', () => {
  it('is answered once, in the same format', async () => {
    let bought = 0;
    const buy = async ({ count }: { count: number }) => {
      bought += count;
      return `bought,${bought}`;
    };
    const { request } = inMemoryService(contract, { buy });
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'idempotency-key': 'k' };
    const replies = [
      await request('POST', '/buy', { headers, body: 'count=2' }),
      await request('POST', '/buy', { headers, body: 'count=2' }),
    ];
    const seen = replies.map(({ text, headers }) => [text, headers['content-type'], headers['idempotent-replayed']]);
    expect(seen).toEqual([
      ['bought,2', 'text/csv; charset=utf-8', undefined],
      ['bought,2', 'text/csv; charset=utf-8', 'true'],
    ]);
    const other = await request('POST', '/buy', { headers, body: 'count=3' });
    expect(other.status).toBe(422);
  });
});
