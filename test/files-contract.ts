import {
  bytes,
  defineContract,
  form,
  get,
  mergePatch,
  multipart,
  patch,
  post,
  put,
  text,
  withBody,
} from '@parley/contract';
import { z } from 'zod';

const named = z.object({ name: z.string() });
const user = z.object({ email: z.string(), age: z.int(), nickname: z.string().optional() });
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
  // All that follows in a path, slashes included.
  readArchive: get('/api/archive/{path*}', {
    summary: 'A file of the archive',
    input: z.object({ path: z.string() }),
    output: text(),
  }),
  // A redirect. The caller gets the address; nothing is followed.
  openLink: get('/api/links/{name}', {
    summary: 'Leads to where a short link does',
    input: named,
    output: z.object({ location: z.url() }),
    status: 302,
    responseHeaders: { location: 'Location' },
  }),
  // A form with files. Their limits are in the schema.
  applyForJob: post('/api/jobs/{job}/applications', {
    summary: 'Applies for a job',
    input: multipart(
      z.object({
        job: z.string(),
        born: z.date(),
        skills: z.array(z.string()),
        letter: z.file().max(1_000_000).mime(['application/pdf']),
        samples: z.array(z.file().max(500_000)).max(3).default([]),
      }),
    ),
    output: z.object({ received: z.array(z.string()) }),
  }),
  // A form as HTML pages send it.
  signUp: post('/api/users', {
    summary: 'Signs a user up',
    input: form(z.object({ email: z.email(), age: z.int(), topics: z.array(z.string()).default([]) })),
    output: z.object({ email: z.string(), age: z.int(), topics: z.array(z.string()) }),
  }),
  // What changes, and no more: null takes a member away.
  changeUser: patch('/api/users/{email}', {
    summary: 'Changes a user',
    input: mergePatch(z.object({ email: z.string(), age: z.int().optional(), nickname: z.string().nullish() })),
    output: user,
  }),
});
