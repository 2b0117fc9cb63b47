import { defineContract, defineError, get, post } from '@parley/contract';
import { z } from 'zod';

// Neither kind of text may hold U+0000 or lone surrogates: a database cannot return these unchanged.
const line = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Control characters are not allowed');
const lines = z
  .string()
  .regex(/^(?:[\t\n\r]|[^\p{Cc}\p{Cs}])*$/u, 'Control characters other than tab and line break are not allowed');

// An id is compared as text: upper case would be another id, and another place in the order.
const id = z.uuid().toLowerCase();

const visit = z.object({
  id: z.uuid(),
  name: z.string(),
  note: z.string().optional(),
  message: z.string().meta({ description: 'The greeting by hello' }),
  visitedAt: z.iso.datetime(),
});

/** No visit has that id. */
export const unknownVisit = defineError('unknown_visit', { status: 404, title: 'Unknown visit' });

const info = {
  name: 'guestbook',
  description: 'Keeps visits, newest first.',
  contact: { name: 'Parley' },
  license: { name: 'MIT', identifier: 'MIT' },
};

/** Stores visits. */
export const guestbook = defineContract(info, {
  addVisit: post('/api/visits', {
    summary: 'Signs the guestbook',
    safety: 'keyed',
    bodyLimits: { maxBytes: 16_384, maxValues: 20 }, // every character of the longest note as \uXXXX takes 13 kB
    input: z.object({
      name: line.trim().min(1).max(100),
      note: lines.max(1000).optional(),
    }),
    output: visit.extend({ location: z.string() }),
    status: 201,
    invalidates: ['visits'],
    responseHeaders: { location: 'Location' },
  }),
  listVisits: get('/api/visits', {
    summary: 'Visits, newest first',
    input: z.object({
      limit: z.coerce.number<number | string>().int().min(1).max(100).default(20),
      cursor: id.optional().meta({ description: '`next` of the page before' }),
    }),
    output: z.object({ visits: z.array(visit), next: z.uuid().optional() }),
    // Others may see a visit this much later; its own caller sees it at once.
    cache: { maxAgeS: 1, staleIfErrorS: 60, scope: 'public', groups: ['visits'] },
  }),
  getVisit: get('/api/visits/{id}', {
    summary: 'One visit',
    input: z.object({ id }),
    output: visit,
    cache: { maxAgeS: 3600, scope: 'public' }, // a visit never changes
    errors: [unknownVisit],
  }),
});
