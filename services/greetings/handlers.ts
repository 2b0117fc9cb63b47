import type { Handlers } from '@parley/contract';
import { type greetings, unknownLanguage } from '@parley/greetings';
import all from './greetings.json' with { type: 'json' };

const byLanguage = new Map(all.map((greeting) => [greeting.language, greeting]));

/** Serves words of greeting from a file. */
export const handlers: Handlers<typeof greetings> = {
  async listGreetings() {
    return { greetings: all };
  },

  async getGreeting({ language }) {
    const greeting = byLanguage.get(language.toLowerCase());
    if (!greeting) throw unknownLanguage(`no greeting in "${language}"`, { known: [...byLanguage.keys()] });
    return greeting;
  },
};
