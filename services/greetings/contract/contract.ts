import { defineContract, defineError, get } from '@parley/contract';
import { z } from 'zod';

const greeting = z.object({
  language: z.string().meta({ description: 'BCP 47 language tag', examples: ['fr'] }),
  name: z.string().meta({ description: 'What the language calls itself', examples: ['Français'] }),
  template: z.string().meta({ description: '{name} is the place for the name', examples: ['Bonjour, {name} !'] }),
});

/** No greeting in this language. The error lists the known languages. */
export const unknownLanguage = defineError('unknown_language', {
  status: 404,
  title: 'Unknown language',
  data: z.object({ known: z.array(z.string()) }),
});

// Greetings change with a release, and are the same for all callers.
const cache = { maxAgeS: 60, staleWhileRevalidateS: 60, staleIfErrorS: 3600, scope: 'public' } as const;

const info = {
  name: 'greetings',
  description: 'Knows the words of greeting of each language.',
  contact: { name: 'Parley' },
  license: { name: 'MIT', identifier: 'MIT' },
};

/** Words of greeting per language. */
export const greetings = defineContract(info, {
  listGreetings: get('/api/greetings', {
    summary: 'All greetings',
    output: z.object({ greetings: z.array(greeting) }),
    cache,
  }),
  getGreeting: get('/api/greetings/{language}', {
    summary: 'The greeting of one language',
    input: z.object({ language: z.string().min(2).max(35) }),
    output: greeting,
    errors: [unknownLanguage],
    cache,
  }),
});
