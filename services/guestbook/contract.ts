import { defineContract, defineError, get, post } from '@parley/contract';
import { z } from 'zod';

const visit = z.object({
  id: z.uuid(),
  name: z.string(),
  note: z.string().optional(),
  message: z.string().meta({ description: 'What hello said' }),
  visitedAt: z.iso.datetime(),
});

export const unknownVisit = defineError('unknown_visit', { status: 404, title: 'Unknown visit' });

/** Remembers who came by. */
export const guestbook = defineContract('guestbook', {
  addVisit: post('/api/visits', {
    summary: 'Signs the guestbook',
    input: z.object({
      name: z.string().trim().min(1).max(100),
      note: z.string().max(1000).optional(),
    }),
    output: visit.extend({ location: z.string() }),
    status: 201,
    responseHeaders: { location: 'Location' },
  }),
  listVisits: get('/api/visits', {
    summary: 'Visits, newest first',
    input: z.object({
      limit: z.coerce.number<number | string>().int().min(1).max(100).default(20),
      cursor: z.uuid().optional().meta({ description: '`next` of the page before' }),
    }),
    output: z.object({ visits: z.array(visit), next: z.uuid().optional() }),
  }),
  getVisit: get('/api/visits/{id}', {
    summary: 'One visit',
    input: z.object({ id: z.uuid() }),
    output: visit,
    errors: [unknownVisit],
  }),
});
