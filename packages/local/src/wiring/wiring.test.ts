// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these variables are compose's, not JavaScript's
import { describe, expect, it } from '@jest/globals';
import { parseComposeFile } from './compose-file.ts';
import { scaled, type Wiring, wiringOf } from './wiring.ts';

const house = `
x-environment: &environment
  LOG_LEVEL: info
services:
  gateway: { image: nginx:1.30 }
  hello:
    build: { context: ., args: { SERVICE: hello } }
    deploy: { replicas: 2 }
    depends_on: [greetings]
    environment:
      <<: *environment
      GREETINGS_URL: dns://greetings:3000
  greetings:
    build: { context: ., args: [SERVICE=words] }
    depends_on: { database: { condition: service_healthy } }
    environment: [PORT=3000, FROM_OUTSIDE, "QUERY=a=b"]
  watcher: { build: ., profiles: [debug] }
  database: { image: postgres:17 }
`;

const read = (text: string, variables = {}): Wiring => wiringOf(parseComposeFile(text), variables);

describe('wiringOf', () => {
  it('takes the services that are built, with what others depend on first', () => {
    expect(read(house).services.map(({ name, folder, replicas }) => [name, folder, replicas])).toEqual([
      ['greetings', 'words', 1],
      ['hello', 'hello', 2],
    ]);
  });

  it('reads both forms of environment, merged mappings too', () => {
    const [greetings, hello] = read(house).services;
    expect(greetings?.environment).toEqual({ PORT: '3000', QUERY: 'a=b' });
    expect(hello?.environment).toEqual({ LOG_LEVEL: 'info', GREETINGS_URL: 'dns://greetings:3000' });
  });

  it('names what does not run here', () => {
    expect([...read(house).absent]).toEqual(['watcher', 'database']);
  });

  it('puts variables into the number of replicas', () => {
    const text = 'services: { hello: { build: { args: { SERVICE: hello } }, deploy: { replicas: "${N:-3}" } } }';
    expect(read(text).services[0]?.replicas).toBe(3);
    expect(read(text, { N: '5' }).services[0]?.replicas).toBe(5);
  });

  it.each([
    ['services: {}', 'docker-compose.yml: expected at least one service with a "build:", found none'],
    ['volumes: {}', 'docker-compose.yml: expected a mapping "services:", found none'],
    ['services: { hello: { build: . } }', 'docker-compose.yml: service hello: expected build.args.SERVICE'],
    [
      'services: { hello: { build: { args: { SERVICE: hello } }, deploy: { replicas: 0 } } }',
      'docker-compose.yml: service hello: expected deploy.replicas to be a whole number of 1 or more, got "0"',
    ],
    ['services:\n  hello: [\n  b: }', 'docker-compose.yml:3: expected YAML'],
    ['services: *nobody', 'docker-compose.yml: expected every alias (*name) to have its anchor'],
  ])('says what is wrong with %j', (text, sentence) => {
    expect(() => read(text)).toThrow(sentence);
  });

  it('says where dependencies go in a circle', () => {
    const text = `services:
  a: { build: { args: { SERVICE: a } }, depends_on: [b] }
  b: { build: { args: { SERVICE: b } }, depends_on: [a] }`;
    expect(() => read(text)).toThrow('depends_on goes in a circle: a → b → a');
  });
});

describe('scaled', () => {
  it('changes the number of replicas of the services that are named', () => {
    expect(scaled(read(house), new Map([['hello', 4]])).services.map(({ replicas }) => replicas)).toEqual([1, 4]);
  });

  it('refuses a service that is not there, and names those that are', () => {
    expect(() => scaled(read(house), new Map([['helo', 4]]))).toThrow(
      'expected one of the services greetings, hello, got "helo"',
    );
  });
});
