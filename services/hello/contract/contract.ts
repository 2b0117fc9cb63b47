import { defineContract, get } from '@parley/contract';
import { unknownLanguage } from '@parley/greetings';
import { z } from 'zod';

export { unknownLanguage };

const info = {
  name: 'hello',
  description: 'Greets people in their language.',
  contact: { name: 'Parley' },
  license: { name: 'MIT', identifier: 'MIT' },
};

/** Greets people. */
export const hello = defineContract(info, {
  sayHello: get('/api/hello', {
    summary: 'Greets somebody',
    input: z.object({
      name: z.string().trim().min(1).max(100).default('World'),
      language: z.string().min(2).max(35).optional(),
      acceptLanguage: z.string().max(1000).optional(),
    }),
    output: z.object({
      message: z.string(),
      degraded: z.string().optional().meta({ description: 'The upstream that was missing' }),
    }),
    errors: [unknownLanguage],
    requestHeaders: { acceptLanguage: 'Accept-Language' },
    responseHeaders: { degraded: 'Degraded' },
  }),
});
