// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these variables are compose's, not JavaScript's
import { describe, expect, it } from '@jest/globals';
import { localEnvironment } from './environment.ts';
import type { Service } from './wiring.ts';

const surroundings = {
  endpoints: new Map([
    ['greetings', ['http://127.0.0.1:20001', 'http://127.0.0.1:20003']],
    ['prices', ['http://127.0.0.1:20009']],
  ]),
  vacant: new Set(['prices']),
  absent: new Set(['database']),
  variables: { LEVEL: 'debug', PRICES_URL: 'https://prices.example' },
};

const environmentOf = (environment: Service['environment']) =>
  localEnvironment({ name: 'hello', environment }, surroundings);

describe('localEnvironment', () => {
  it.each([
    ['dns://greetings:3000', 'http://127.0.0.1:20001,http://127.0.0.1:20003'],
    ['http://greetings', 'http://127.0.0.1:20001,http://127.0.0.1:20003'],
    ['http://greetings:3000/v1/', 'http://127.0.0.1:20001/v1,http://127.0.0.1:20003/v1'],
    ['https://example.org/greetings', 'https://example.org/greetings'],
    ['greetings', 'greetings'],
    ['${LEVEL:-info}', 'debug'],
    ['not://a valid:url', 'not://a valid:url'],
  ])('turns %s into %s', (written, expected) => {
    expect(environmentOf({ WHERE: written }).variables).toEqual({ WHERE: expected });
  });

  it('leaves out what points at a service that does not run here, even if its password is missing', () => {
    const environment = environmentOf({ DATABASE_URL: 'postgres://me:${PASSWORD:?set it}@database:5432/book' });
    expect(environment.variables).toEqual({});
    expect([...environment.leftOut]).toEqual([['DATABASE_URL', 'database']]);
  });

  it('takes a URL of a service without replicas from the environment, else one where nothing listens', () => {
    const url = 'dns://prices:3000';
    expect(environmentOf({ PRICES_URL: url, OTHER_URL: url }).variables).toEqual({
      PRICES_URL: 'https://prices.example',
      OTHER_URL: 'http://127.0.0.1:20009',
    });
  });

  it("leaves out the container's own ports", () => {
    expect(environmentOf({ PORT: '3000', ADMIN_PORT: '9000', DRAIN_DELAY_MS: '2000' }).variables).toEqual({});
  });

  it('says which variable of which service is missing', () => {
    expect(() => environmentOf({ KEY: '${SECRET:?ask an operator}' })).toThrow(
      'compose file: service hello: KEY: SECRET must be set: ask an operator',
    );
  });
});
