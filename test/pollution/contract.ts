import { defineContract, defineError, get, post, stream } from '@parley/contract';
import { z } from 'zod';

export const refused = defineError('refused', { status: 409, title: 'Refused', data: z.object({ why: z.string() }) });

/** One operation of each kind that has code of its own. */
export const things = defineContract('things', {
  find: get('/things/{id}', {
    summary: 's',
    input: z.object({ id: z.string(), limit: z.coerce.number().optional() }),
    output: z.object({ id: z.string(), limit: z.number().optional(), context: z.string() }),
  }),
  order: post('/orders', {
    summary: 's',
    safety: 'keyed',
    input: z.object({ name: z.string() }),
    output: z.object({ name: z.string() }),
  }),
  refuse: get('/refused', { summary: 's', errors: [refused] }),
  watch: get('/watched', { summary: 's', output: stream(z.object({ n: z.number() }), { as: 'ndjson' }) }),
});
