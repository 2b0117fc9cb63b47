import { describe, expect, it } from '@jest/globals';
import { CallError } from '@parley/contract';
import { unknownLanguage } from '@parley/greetings';
import { createHandlers } from './handlers.ts';
import type { Greetings } from './preferred-greeting.ts';

const words: Record<string, string> = { en: 'Hello, {name}!', fr: 'Bonjour, {name} !', 'pt-br': 'Oi, {name}!' };
const all = Object.entries(words).map(([language, template]) => ({ language, name: language, template }));

// A handlers object is the fake client.
const greetings: Greetings = {
  listGreetings: async () => ({ greetings: all }),
  getGreeting: async ({ language }) => {
    const found = all.find((greeting) => greeting.language === language);
    if (!found) throw unknownLanguage('no such language', { known: Object.keys(words) });
    return found;
  },
};
const { sayHello } = createHandlers({ greetings });

const failing = (error: Error): Greetings => ({
  listGreetings: () => Promise.reject(error),
  getGreeting: () => Promise.reject(error),
});

describe('hello', () => {
  it('greets in the language that is asked for, whatever else is preferred', async () => {
    expect(await sayHello({ name: 'Ada', language: 'fr', acceptLanguage: 'en' })).toEqual({
      message: 'Bonjour, Ada !',
    });
  });

  it.each([
    [undefined, 'Hello, Ada!'],
    ['fr', 'Bonjour, Ada !'],
    ['fr-CA', 'Bonjour, Ada !'],
    ['de, fr;q=0.5, en;q=0.4', 'Bonjour, Ada !'],
    ['fr;q=0, en;q=0.1', 'Hello, Ada!'],
    ['pt-BR', 'Oi, Ada!'],
    ['*', 'Hello, Ada!'],
    ['de', 'Hello, Ada!'],
    [';;;=', 'Hello, Ada!'],
  ])('understands Accept-Language %j', async (acceptLanguage, message) => {
    expect(await sayHello({ name: 'Ada', acceptLanguage })).toEqual({ message });
  });

  it('takes a name as it is, even if it looks like a pattern', async () => {
    expect((await sayHello({ name: '$& {name}' })).message).toBe('Hello, $& {name}!');
  });

  it('lets an unknown language be known to the caller', async () => {
    await expect(sayHello({ name: 'Ada', language: 'tlh' })).rejects.toMatchObject({ code: 'unknown_language' });
  });

  it.each([
    'unavailable',
    'deadline_exceeded',
    'attempt_timeout',
    'internal',
    'invalid_reply',
    'cancelled',
    'overloaded',
    'upstream_failed',
  ])('says Hello, and that it is degraded, on %s', async (code) => {
    const { sayHello } = createHandlers({ greetings: failing(new CallError(code, 'x')) });
    expect(await sayHello({ name: 'Ada', language: 'fr' })).toEqual({
      message: 'Hello, Ada!',
      degraded: 'greetings',
    });
    expect(await sayHello({ name: 'Ada' })).toEqual({ message: 'Hello, Ada!', degraded: 'greetings' });
  });

  it('does not greet a caller that has left', async () => {
    const { sayHello } = createHandlers({ greetings: failing(new CallError('cancelled', 'x')) });
    const signal = AbortSignal.abort();
    await expect(sayHello({ name: 'Ada' }, { signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
