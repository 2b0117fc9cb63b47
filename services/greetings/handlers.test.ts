import { describe, expect, it } from '@jest/globals';
import { handlers } from './handlers.ts';

describe('greetings', () => {
  it('speaks at least twenty languages, each once, with a place for the name', async () => {
    const { greetings } = await handlers.listGreetings(undefined);
    const languages = greetings.map(({ language }) => language);
    expect(new Set(languages).size).toBe(languages.length);
    expect(languages.length).toBeGreaterThanOrEqual(20);
    expect(greetings.filter(({ template }) => !template.includes('{name}'))).toEqual([]);
    expect(greetings.filter(({ language }) => Intl.getCanonicalLocales(language)[0] !== language)).toEqual([]);
  });

  it('finds a language whatever its case', async () => {
    expect(await handlers.getGreeting({ language: 'FR' })).toMatchObject({ template: 'Bonjour, {name} !' });
  });

  it('names its languages where another one is asked for', async () => {
    const known = expect.arrayContaining(['en', 'fr']);
    await expect(handlers.getGreeting({ language: 'tlh' })).rejects.toMatchObject({
      code: 'unknown_language',
      data: { known },
    });
  });
});
