import { type Client, type Handlers, isCallError } from '@parley/contract';
import type { greetings as greetingsContract } from '@parley/greetings';
import { type hello, unknownLanguage } from './contract.ts';
import { english, preferredGreeting } from './preferred-greeting.ts';

/** Serves greetings in the caller's language; in English, and marked so, while `greetings` is missing. */
export function createHandlers({ greetings }: { greetings: Client<typeof greetingsContract> }): Handlers<typeof hello> {
  return {
    async sayHello({ name, language, acceptLanguage }) {
      const words = language ? greetings.getGreeting({ language }) : preferredGreeting(greetings, acceptLanguage);
      const { template, degraded } = await words.then((greeting) => ({ ...greeting, degraded: undefined }), degrade);
      return { message: template.replace('{name}', () => name), degraded };
    },
  };
}

function degrade(error: unknown) {
  // The caller's own mistake, and a caller who has left, are no reason to answer in English.
  if (unknownLanguage.is(error) || isCallError(error, 'cancelled')) throw error;
  return { ...english, degraded: 'greetings' };
}
