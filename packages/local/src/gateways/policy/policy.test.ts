import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parsePolicy, policyKeys } from './policy.ts';

const file = 'gateway/policy.yaml';

describe('parsePolicy', () => {
  it('has defaults for all but the services', () => {
    expect(parsePolicy('services:\n  hello: { contract: "@shop/hello" }\n', file)).toMatchObject({
      clients: { requestsPerSecond: 2000, burst: 1000, connections: 1000 },
      headerBytes: 15 * 1024,
      bodyBytes: 1024 ** 2,
      requestTimeoutMs: 10_000,
      services: [{ name: 'hello', contract: '@shop/hello', port: 3000, prefixes: [], operations: new Map() }],
    });
  });

  it('takes every key', () => {
    const text = `
clients: { requestsPerSecond: 1, burst: 2, connections: 3 }
headerBytes: 4096
bodyBytes: 4
requestTimeoutMs: 5
services:
  shop:
    contract: ./contract.ts
    methods: any
    port: 6
    prefixes: [/, /a/b/]
    operations: { buy: { requestsPerSecond: 7, burst: 8, bodyBytes: 9, timeoutMs: 10, cache: { maxStaleSeconds: 11 } } }
`;
    expect(parsePolicy(text, file)).toMatchObject({
      clients: { requestsPerSecond: 1, burst: 2, connections: 3 },
      headerBytes: 4096,
      bodyBytes: 4,
      requestTimeoutMs: 5,
      services: [
        {
          contract: './contract.ts',
          methods: 'any',
          port: 6,
          prefixes: ['/', '/a/b/'],
          operations: new Map([
            ['buy', { requestsPerSecond: 7, burst: 8, bodyBytes: 9, timeoutMs: 10, cache: { maxStaleSeconds: 11 } }],
          ]),
        },
      ],
    });
  });

  it.each([
    [
      'bodyBytes: 1\nservices: {}\n',
      'gateway/policy.yaml:2: expected a service below services:, found none: nothing would answer',
    ],
    [
      'services: !!set { a }\n',
      'gateway/policy.yaml:1: expected a mapping "services:", found none: name each service with its contract',
    ],
    [
      'services:\n  a: !!omap [ port: 1 ]\n',
      "gateway/policy.yaml:2: expected services.a to be a mapping of keys, got YAML's !!omap",
    ],
    [
      'services:\n  a:\n    prefixes: &p [*p]\n',
      'gateway/policy.yaml:3: expected services.a.prefixes to be a list of beginnings of paths, each with a slash at both ends; letters, digits and - . _ ~, got a value that contains itself',
    ],
    [
      'services:\n  "a\\nb": {}\n',
      'gateway/policy.yaml:2: expected a service of small letters, digits and hyphens, got "a\\nb"',
    ],
    ['', 'gateway/policy.yaml:1: expected the policy to be a mapping of keys, got nothing'],
    [
      'clients: {}\n',
      'gateway/policy.yaml:1: expected a mapping "services:", found none: name each service with its contract',
    ],
    ['a: [\n', 'gateway/policy.yaml:2: expected YAML'],
    [
      'services: {}\nclient: {}\n',
      'gateway/policy.yaml:2: expected one of clients, headerBytes, bodyBytes, requestTimeoutMs, services, got "client"',
    ],
    [
      'services: {}\nclients:\n  rate: 1\n',
      'gateway/policy.yaml:3: expected one of clients: requestsPerSecond, burst, connections, got "rate"',
    ],
    [
      'services: {}\nclients:\n  burst: 0\n',
      'gateway/policy.yaml:3: expected clients.burst to be a whole number from 1 to 1000000, got 0',
    ],
    [
      'services: {}\nheaderBytes: 4095\n',
      'gateway/policy.yaml:2: expected headerBytes to be a whole number from 4096 to 65536, got 4095',
    ],
    [
      'services: {}\nbodyBytes: 1m\n',
      'gateway/policy.yaml:2: expected bodyBytes to be a whole number from 1 to 1073741824, got "1m"',
    ],
    [
      'services:\n  Hello: {}\n',
      'gateway/policy.yaml:2: expected a service of small letters, digits and hyphens, got "Hello"',
    ],
    ['services:\n  a:\n', 'gateway/policy.yaml:2: expected services.a to be a mapping of keys, got nothing'],
    [
      'services:\n  a:\n    contract: ../b.ts\n',
      'gateway/policy.yaml:3: expected services.a.contract to be a file of the repository',
    ],
    [
      'services:\n  a:\n    prefixes: [/caf%C3%A9/]\n',
      'gateway/policy.yaml:3: expected services.a.prefixes to be a list of beginnings of paths',
    ],
    [
      'services:\n  a:\n    prefixes: [/a/../b/]\n',
      'gateway/policy.yaml:3: expected services.a.prefixes to be a list of beginnings of paths',
    ],
    [
      'services:\n  a:\n    methods: [GET]\n',
      'gateway/policy.yaml:3: expected services.a.methods to be `any`: all methods, for a service that mounts an application, got ["GET"]',
    ],
    [
      'services:\n  a:\n    prefixes: [pages]\n',
      'gateway/policy.yaml:3: expected services.a.prefixes to be a list of beginnings of paths, each with a slash at both ends; letters, digits and - . _ ~, got ["pages"]',
    ],
    [
      'services:\n  a:\n    prefixes: ["/a/ { return 200; } #/"]\n',
      'gateway/policy.yaml:3: expected services.a.prefixes to be a list of beginnings of paths',
    ],
    [
      'services:\n  a:\n    operations:\n      "x y": {}\n',
      'gateway/policy.yaml:4: expected the name of an operation, of letters, digits and _, got "x y"',
    ],
    [
      'services:\n  a:\n    operations:\n      x: { caches: true }\n',
      'gateway/policy.yaml:4: expected one of services.a.operations.x: requestsPerSecond, burst, bodyBytes, timeoutMs, cache, got "caches"',
    ],
    ...['false', '60', '{}', '{ maxStaleSeconds: 0 }', '{ maxStaleSeconds: 1, maxAgeS: 1 }'].map(
      (cache): [string, string] => [
        `services:\n  a:\n    operations:\n      x: { cache: ${cache} }\n`,
        'gateway/policy.yaml:4: expected services.a.operations.x.cache to be `true`, or `{ maxStaleSeconds: N }` where the service has writes',
      ],
    ),
    ['services:\n  __proto__: {}\n', 'gateway/policy.yaml:2: expected a service of small letters'],
  ])('refuses %j', (text, sentence) => {
    expect(() => parsePolicy(text, file)).toThrow(sentence);
  });

  it('has its keys, what they take and their defaults in docs/gateways.md', () => {
    const page = readFileSync(new URL('../../../../../docs/gateways.md', import.meta.url), 'utf8');
    const rows = Object.entries(policyKeys).map(
      ([key, { takes, standard }]) => `| \`${key}\` | ${takes} | ${standard} |`,
    );
    const [, table = ''] = page.split('| key | takes | without it |\n|---|---|---|\n');
    expect(table.split('\n\n')[0]?.split('\n')).toEqual(rows);
  });
});
