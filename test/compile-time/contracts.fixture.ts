// What the compiler refuses of a contract that cannot work; `defineContract` refuses these too, and more. compile-time.test.ts
// compiles this file: a line that ends in `error TS…` must give that error, and no other line may give one.
import { del, get, post, put } from '@parley/contract';
import { z } from 'zod';

const summary = 's';
const id = z.object({ id: z.string() });
const nested = z.object({ filter: z.object({ a: z.string() }) });

// A path parameter is a member of the input.
get('/things/{id}', { summary, input: id });
get('/things/{id}', { summary, input: z.looseObject({}) });
get('/things/{id}', { summary, input: z.object({ name: z.string() }) }); // error TS2375
post('/things/{id}/parts/{part}', { summary, input: id }); // error TS2375
put('/things/{id}', { summary, input: z.string() }); // error TS2375
get('/things/{id*}', { summary, input: id });
get('/things/{path*}', { summary, input: id }); // error TS2375
const path: string = '/things/{id}';
get(path, { summary, input: z.object({}) });

// A query holds values and lists of them; a body holds all.
post('/things', { summary, input: nested });
get('/things', { summary, input: nested }); // error TS2375
del('/things', { summary, input: z.object({ a: z.string().nullable() }) }); // error TS2375
get('/things', { summary, input: z.object({ a: z.array(z.array(z.string())) }) }); // error TS2375
get('/things', {
  summary,
  input: z.object({
    n: z.coerce.number(),
    at: z.date().optional(),
    tags: z.array(z.string()).default([]),
    either: z.union([z.number(), z.boolean()]).optional(),
    any: z.unknown(),
  }),
});
