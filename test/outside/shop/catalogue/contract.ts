import { defineContract, defineError, get } from '@parley/contract';
import { z } from 'zod';

export const unknownArticle = defineError('unknown_article', {
  status: 404,
  title: 'Unknown article',
  data: z.object({ id: z.string() }),
});

export const catalogue = defineContract('catalogue', {
  getArticle: get('/articles/{id}', {
    summary: 'One article',
    input: z.object({ id: z.string() }),
    output: z.object({ id: z.string(), priceCents: z.number().int() }),
    errors: [unknownArticle],
  }),
});
