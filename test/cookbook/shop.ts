import {
  authScheme,
  bytes,
  defineContract,
  defineError,
  get,
  type Handlers,
  multipart,
  post,
  put,
  stream,
} from '@parley/contract';
import { entityTag, version } from '@parley/service';
import { z } from 'zod';

// The service that the recipes of docs/cookbook.md call.

const id = z.object({ id: z.string().max(40) });
const item = z.object({ id: z.string(), title: z.string(), etag: z.string() });

export const unknownItem = defineError('unknown_item', { status: 404, title: 'Unknown item' });
export const outOfStock = defineError('out_of_stock', {
  status: 409,
  title: 'Out of stock',
  data: z.object({ left: z.number() }),
});
export const apiKey = authScheme('apiKey', { type: 'apiKey', in: 'header', name: 'x-api-key' });

export const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', {
    summary: 'One item',
    input: id,
    output: item,
    errors: [unknownItem],
    responseHeaders: { etag: 'ETag' },
    cache: { maxAgeS: 60, scope: 'public' },
  }),
  setTitle: put('/api/items/{id}', {
    summary: 'Changes the title of an item',
    input: item,
    output: item,
    requestHeaders: { etag: 'If-Match' },
    responseHeaders: { etag: 'ETag' },
  }),
  listItems: get('/api/items', {
    summary: 'Items, page by page',
    input: z.object({ cursor: z.string().optional() }),
    output: z.object({ items: z.array(z.string()), next: z.string().optional() }),
  }),
  placeOrder: post('/api/orders', {
    summary: 'Orders an item',
    safety: 'keyed',
    input: z.object({ item: z.string(), count: z.int().min(1) }),
    output: z.object({ order: z.string() }),
    errors: [outOfStock],
    status: 201,
  }),
  setPhoto: post('/api/items/{id}/photo', {
    summary: 'Sets the photo of an item',
    input: multipart(z.object({ id: z.string(), photo: z.file().max(1_000_000).mime(['image/png']) })),
    output: z.object({ name: z.string(), size: z.int() }),
  }),
  getPhoto: get('/api/items/{id}/photo', {
    summary: 'The photo of an item',
    input: id,
    output: bytes({ type: 'image/png' }),
  }),
  watchStock: get('/api/items/{id}/stock', {
    summary: 'The stock of an item, whenever it changes',
    input: id,
    output: stream(z.object({ left: z.int() }), { as: 'sse' }),
  }),
  report: get('/api/report', { summary: 'A report that takes long', output: z.object({ lines: z.int() }) }),
  sales: get('/api/sales', { summary: 'For those with a key', output: z.object({ by: z.string() }), auth: apiKey }),
});

const photo = Buffer.from('not really a picture, but bytes');

/** Serves the shop from memory; `changed` handlers stand in. */
export function shopHandlers(changed: Partial<Handlers<typeof shop>> = {}): Handlers<typeof shop> {
  const tea = { title: 'Tea', revision: 1 };
  let orders = 0;
  return {
    async getItem({ id }) {
      if (id !== 'tea') throw unknownItem(`no item ${id}`);
      return { id, title: tea.title, etag: version(tea.revision) };
    },
    async setTitle({ id, title }) {
      version(tea.revision);
      tea.title = title;
      tea.revision++;
      return { id, title, etag: entityTag(tea.revision) };
    },
    async listItems({ cursor = '0' }) {
      const page = Number(cursor);
      return { items: [`item ${page * 2 + 1}`, `item ${page * 2 + 2}`], ...(page < 2 && { next: String(page + 1) }) };
    },
    async placeOrder({ count }) {
      if (count > 3) throw outOfStock('only 3 left', { left: 3 });
      orders++;
      return { order: `order ${orders}` };
    },
    setPhoto: async ({ photo }) => ({ name: photo.name, size: photo.size }),
    getPhoto: async () => photo,
    async *watchStock() {
      for (const left of [3, 2, 1]) yield { left };
    },
    report: async () => ({ lines: 3 }),
    sales: async (_, context) => ({ by: context?.principal?.subject ?? 'nobody' }),
    ...changed,
  };
}
