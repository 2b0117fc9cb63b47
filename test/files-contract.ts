import { bytes, defineContract, get, post, put, text, withBody } from '@parley/contract';
import { z } from 'zod';

const named = z.object({ name: z.string() });
const line = z.object({ product: z.string(), count: z.int() });

export const files = defineContract('files', {
  // A text. Handler and caller have a string.
  exportSales: get('/api/sales.csv', {
    summary: 'Sales as CSV',
    input: z.object({ year: z.int() }),
    output: text({ type: 'text/csv' }),
  }),
  // Bytes, in parts too: the kit answers Range, If-Range and If-None-Match.
  getPicture: get('/api/pictures/{name}', { summary: 'A picture', input: named, output: bytes({ type: 'image/*' }) }),
  // Bytes as the whole body, beside members that travel in path, query and headers.
  putPicture: put('/api/pictures/{name}', {
    summary: 'Sets a picture',
    input: withBody(
      named.extend({ isDraft: z.boolean().default(false) }),
      bytes({ type: ['image/png', 'image/jpeg'] }),
    ),
    output: z.object({ type: z.string(), size: z.int(), isDraft: z.boolean() }),
    bodyLimits: { maxBytes: 5_000_000 },
  }),
  // A list as the whole body, with a header beside it.
  listOrders: get('/api/orders', {
    summary: 'The latest orders',
    input: z.object({ most: z.int() }),
    output: withBody(z.object({ total: z.int() }), z.array(line)),
    responseHeaders: { total: 'X-Total-Count' },
  }),
  orderAll: post('/api/shops/{name}/orders', {
    summary: 'Orders several products at once',
    input: withBody(named, z.array(line)),
    output: z.array(line),
  }),
});
