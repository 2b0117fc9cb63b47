import type { Client } from '@parley/contract';
import type { greetings as greetingsContract } from '@parley/greetings';
import Negotiator from 'negotiator';

/** The operations of greetings that this service calls. */
export type Greetings = Pick<Client<typeof greetingsContract>, 'listGreetings' | 'getGreeting'>;

/** What to greet with where no better words are at hand. */
export const english = { template: 'Hello, {name}!' };

/** The greeting that fits `Accept-Language` best (RFC 9110 §12.5.4); English where none does, since a preference is no demand. */
export async function preferredGreeting(greetings: Pick<Greetings, 'listGreetings'>, acceptLanguage = '*') {
  const { greetings: all } = await greetings.listGreetings();
  const negotiator = new Negotiator({ headers: { 'accept-language': acceptLanguage } });
  const [language = 'en'] = negotiator.languages(['en', ...all.map(({ language }) => language)]);
  return all.find((greeting) => greeting.language === language) ?? english;
}
