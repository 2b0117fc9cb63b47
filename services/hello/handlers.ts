import { type Client, type Handlers, isCallError } from '@parley/contract';
import type { greetings as greetingsContract } from '@parley/greetings';
import Negotiator from 'negotiator';
import { type hello, unknownLanguage } from './contract.ts';

const fallback = { template: 'Hello, {name}!', degraded: 'greetings' };

/** Serves greetings in the caller's language; in English, and marked so, while `greetings` is missing. */
export function createHandlers({ greetings }: { greetings: Client<typeof greetingsContract> }): Handlers<typeof hello> {
  return {
    async sayHello({ name, language, acceptLanguage }) {
      const words = language ? greetings.getGreeting({ language }) : preferred(greetings, acceptLanguage);
      const { template, degraded } = await words.then((greeting) => ({ ...greeting, degraded: undefined }), degrade);
      return { message: template.replace('{name}', () => name), degraded };
    },
  };
}

/** The greeting that fits `Accept-Language` best; English where none does, since a preference is no demand. */
async function preferred(greetings: Client<typeof greetingsContract>, acceptLanguage = '*') {
  const { greetings: all } = await greetings.listGreetings();
  const negotiator = new Negotiator({ headers: { 'accept-language': acceptLanguage } });
  const [language = 'en'] = negotiator.languages(['en', ...all.map(({ language }) => language)]);
  return all.find((greeting) => greeting.language === language) ?? fallback;
}

function degrade(error: unknown) {
  // The caller's own mistake, and a caller who has left, are no reason to answer in English.
  if (unknownLanguage.is(error) || isCallError(error, 'cancelled')) throw error;
  return fallback;
}
