import { bytes, defineContract, defineError, get, multipart, post, stream } from '@parley/contract';
import { z } from 'zod';

/** Declared, with data. */
export const soldOut = defineError('sold_out', {
  status: 409,
  title: 'Sold out',
  data: z.object({ left: z.number() }),
});

const tick = z.object({ n: z.number() });

/** What the page calls: something of everything that a page can do. */
export const stall = defineContract('stall', {
  findItem: get('/api/items/{id}', {
    summary: 'One',
    input: z.object({ id: z.string(), language: z.string().optional(), sizes: z.array(z.number()).optional() }),
    requestHeaders: { language: 'Accept-Language' },
    output: z.object({ id: z.string(), text: z.string(), tag: z.string() }),
    responseHeaders: { tag: 'ETag' },
  }),
  order: post('/api/orders', {
    summary: 'Order',
    input: z.object({ id: z.string(), count: z.number() }),
    output: z.object({ key: z.string(), attempts: z.number() }),
    errors: [soldOut],
    safety: 'keyed',
  }),
  timeLeft: get('/api/time', { summary: 'Time', output: z.object({ leftMs: z.number() }) }),
  hang: get('/api/hang', { summary: 'Never' }),
  busy: get('/api/busy', { summary: 'Busy' }),
  picture: get('/api/picture', { summary: 'Bytes', output: bytes({ type: 'image/*' }) }),
  upload: post('/api/files', {
    summary: 'A form with a file',
    input: multipart(z.object({ note: z.string(), file: z.file() })),
    output: z.object({ note: z.string(), name: z.string(), text: z.string() }),
  }),
  events: get('/api/events', { summary: 'Ticks', output: stream(tick, { as: 'sse' }) }),
  lines: get('/api/lines', { summary: 'Ticks', output: stream(tick, { as: 'ndjson' }) }),
});
