import { type CallContext, type Handlers, isCallError } from '@parley/contract';
import { type hello, unknownLanguage } from '@parley/hello';
import { english, type Greetings, preferredGreeting } from './preferred-greeting.ts';

/** Serves greetings in the caller's language; in English, and marked so, while `greetings` is missing. */
export function createHandlers({ greetings }: { greetings: Greetings }): Handlers<typeof hello> {
  return {
    async sayHello({ name, language, acceptLanguage }, context) {
      const words = language ? greetings.getGreeting({ language }) : preferredGreeting(greetings, acceptLanguage);
      const { template, degraded } = await words.then(
        (greeting) => ({ ...greeting, degraded: undefined }),
        (error: unknown) => degrade(error, context),
      );
      return { message: template.replace('{name}', () => name), degraded };
    },
  };
}

function degrade(error: unknown, context: CallContext | undefined) {
  // Neither after a mistake of the caller, nor when the caller has left.
  const hasLeft = context?.signal?.aborted && isCallError(error, 'cancelled');
  if (unknownLanguage.is(error) || hasLeft) throw error;
  return { ...english, degraded: 'greetings' };
}
