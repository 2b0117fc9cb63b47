import { defineContract, defineError, del, get, type Handlers, post } from '@parley/contract';
import { z } from 'zod';

export const unknownVisit = defineError('unknown_visit', {
  status: 404,
  title: 'Unknown visit',
  data: z.object({ known: z.array(z.string()) }),
});

const id = z.string().max(20);

/** A contract that has one of everything. */
export const visits = defineContract('visits', {
  getVisit: get('/api/visits/{id}', {
    summary: 'Gets one',
    input: z.object({ id }),
    output: z.object({ id, name: z.string(), etag: z.string().optional() }),
    errors: [unknownVisit],
    responseHeaders: { etag: 'ETag' },
  }),
  latestVisit: get('/api/visits/latest', { summary: 'Gets the latest', output: z.object({ id }) }),
  listVisits: get('/api/visits', {
    summary: 'Lists some',
    input: z.object({ limit: z.coerce.number().int().min(1).max(5000).default(3), language: z.string().optional() }),
    output: z.object({ names: z.array(z.string()), language: z.string().optional() }),
    requestHeaders: { language: 'Accept-Language' },
  }),
  addVisit: post('/api/visits', {
    summary: 'Adds one',
    input: z.object({ name: z.string().min(1), note: z.string().optional() }),
    output: z.object({ id, name: z.string() }),
    status: 201,
  }),
  removeVisit: del('/api/visits/{id}', { summary: 'Removes one', input: z.object({ id }) }),
});

/** Handlers of {@link visits} that do what they promise; `changed` ones stand in. */
export function visitsHandlers(changed: Partial<Handlers<typeof visits>> = {}): Handlers<typeof visits> {
  return {
    getVisit: async ({ id }) => ({ id, name: 'Ada' }),
    latestVisit: async () => ({ id: 'last' }),
    listVisits: async ({ limit, language }) => ({ names: Array<string>(limit).fill('Ada'), language }),
    addVisit: async ({ name }) => ({ id: '1', name }),
    removeVisit: async () => {},
    ...changed,
  };
}
