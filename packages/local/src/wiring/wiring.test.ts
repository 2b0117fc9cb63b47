// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these variables are compose's, not JavaScript's
import { describe, expect, it } from '@jest/globals';
import { composeServices } from '../../test-fixtures/compose-services.ts';
import { limitedTo, scaled, type Wiring, wiringOf } from './wiring.ts';

const compose = `
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

const read = (text: string, variables = {}): Wiring => wiringOf(composeServices(text), variables);

describe('wiringOf', () => {
  it('takes the services that are built, with what others depend on first', () => {
    expect(read(compose).services.map(({ name, build, replicas }) => [name, build.service, replicas])).toEqual([
      ['greetings', 'words', 1],
      ['hello', 'hello', 2],
    ]);
  });

  it('reads both forms of environment, merged mappings too', () => {
    const [greetings, hello] = read(compose).services;
    expect(greetings?.environment).toEqual({ PORT: '3000', QUERY: 'a=b' });
    expect(hello?.environment).toEqual({ LOG_LEVEL: 'info', GREETINGS_URL: 'dns://greetings:3000' });
  });

  it('names what does not run here', () => {
    expect([...read(compose).absent]).toEqual(['watcher', 'database']);
  });

  it('puts variables into the number of replicas', () => {
    const text = 'services: { hello: { build: { args: { SERVICE: hello } }, deploy: { replicas: "${N:-3}" } } }';
    expect(read(text).services[0]?.replicas).toBe(3);
    expect(read(text, { N: '5' }).services[0]?.replicas).toBe(5);
  });

  it.each([
    ['services: {}', 'compose file: expected at least one service with a "build:", found none'],
    ['volumes: {}', 'docker-compose.yml: expected a mapping "services:", found none'],
    [
      'services: { hello: { build: { args: { SERVICE: hello } }, deploy: { replicas: 1.5 } } }',
      'compose file: service hello: expected deploy.replicas to be a whole number, got "1.5"',
    ],
    ['services:\n  hello: [\n  b: }', 'docker-compose.yml:3: expected YAML'],
    ['services: *nobody', 'docker-compose.yml: expected anchors (&name) with aliases (*name) that can be put in'],
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

it('reads what a service says of its build, its command and of Parley', () => {
  const text = `services:
  orders:
    build: { context: ./shop, dockerfile: apps/orders/Dockerfile }
    command: node --enable-source-maps dist/server.js \${MODE:-all}
    env_file: [a.env, { path: b.env, required: false }]
    x-parley: { entry: src/server.ts, routes: /orders }
  plain: { build: ./plain, command: [node, main.js] }`;
  const [orders, plain] = read(text).services;
  expect(orders).toMatchObject({
    build: { context: './shop', dockerfileFolder: 'apps/orders', service: undefined },
    command: ['node', '--enable-source-maps', 'dist/server.js', 'all'],
    envFiles: [
      { path: 'a.env', isRequired: true },
      { path: 'b.env', isRequired: false },
    ],
    entry: 'src/server.ts',
    routes: ['/orders'],
  });
  expect(plain).toMatchObject({ build: { context: './plain', dockerfileFolder: '.' }, command: ['node', 'main.js'] });
  expect(plain).toMatchObject({ entry: undefined, routes: undefined, envFiles: [] });
});

describe('limitedTo', () => {
  const replicasOf = ({ services }: Wiring) => services.map(({ name, replicas }) => `${name}=${replicas}`).join(' ');

  it('runs a service and what it depends on', () => {
    expect(replicasOf(limitedTo(read(compose), ['hello']))).toBe('greetings=1 hello=2');
    expect(replicasOf(limitedTo(read(compose), ['greetings']))).toBe('greetings=1 hello=0');
    expect(replicasOf(limitedTo(read(compose), []))).toBe('greetings=1 hello=2');
  });

  it('refuses a service that is not there', () => {
    expect(() => limitedTo(read(compose), ['helo'])).toThrow('helo: expected one of the services greetings, hello');
  });
});

describe('scaled', () => {
  it('changes the number of replicas of the services that are named', () => {
    expect(scaled(read(compose), new Map([['hello', 4]])).services.map(({ replicas }) => replicas)).toEqual([1, 4]);
  });

  it('refuses a service that is not there, and names those that are', () => {
    expect(() => scaled(read(compose), new Map([['helo', 4]]))).toThrow(
      'expected one of the services greetings, hello, got "helo"',
    );
  });
});
