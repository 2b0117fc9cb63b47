import { defineContract, defineError, get, type Handlers, post, put, stream } from '@parley/contract';
import { z } from 'zod';

/** There are not that many. */
export const outOfStock = defineError('out_of_stock', {
  status: 409,
  title: 'Out of stock',
  data: z.object({ left: z.number() }),
});
const item = z.object({ id: z.string(), name: z.string(), tag: z.string().optional() });

/** A contract with something of everything. */
export const shop = defineContract('shop', {
  listItems: get('/api/items', {
    summary: 'Items',
    input: z.object({
      tags: z.union([z.string(), z.array(z.string())]).optional(),
      limit: z.coerce.number().max(9).optional(),
    }),
    output: z.object({ items: z.array(item) }),
  }),
  newestItem: get('/api/items/newest', { summary: 'The newest', output: item }),
  getItem: get('/api/items/{id}', {
    summary: 'One',
    input: z.object({ id: z.string(), language: z.string().optional() }),
    requestHeaders: { language: 'Accept-Language' },
    output: item,
    responseHeaders: { tag: 'ETag' },
  }),
  setItem: put('/api/items/{id}', { summary: 'Set', input: item }),
  buyItem: post('/api/items/{id}/purchases', {
    summary: 'Buy',
    input: z.object({ id: z.string(), count: z.number().min(1) }),
    output: z.object({ paid: z.coerce.date() }),
    errors: [outOfStock],
  }),
  watchItems: get('/api/changes', {
    summary: 'Changes',
    input: z.object({ breakAfter: z.coerce.number().optional() }),
    output: stream(item, { as: 'sse' }),
  }),
});

/** Handlers that are right; some of them may be replaced. */
export function shopHandlers(changed: Partial<Handlers<typeof shop>> = {}): Handlers<typeof shop> {
  return {
    async listItems({ tags = [], limit = 1 }) {
      return { items: [tags].flat().map((name) => ({ id: `${limit}`, name })) };
    },
    async newestItem() {
      return { id: 'newest', name: 'the newest' };
    },
    async getItem({ id, language = 'en' }) {
      return { id, name: `${id} in ${language}`, tag: '"v1"' };
    },
    async setItem() {},
    async buyItem({ count }) {
      if (count > 3) throw outOfStock('only 3 left', { left: 3 });
      return { paid: new Date('2026-01-02') };
    },
    async *watchItems({ breakAfter }) {
      for (let i = 0; i < 3; i++) {
        if (i === breakAfter) throw new Error('bug');
        yield { id: `${i}`, name: 'item' };
      }
    },
    ...changed,
  };
}
