import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parsePolicy } from './policy.ts';
import type { ContractCache } from './policy-cache.ts';
import { type ContractOperation, tableOf } from './policy-table.ts';

const shown = (more: Partial<ContractCache> = {}): ContractOperation => ({
  name: 'list',
  method: 'GET',
  path: '/orders',
  isSafe: true,
  cache: { scope: 'public', maxAgeS: 60, control: 'public, max-age=60', ...more },
});
const write: ContractOperation = { name: 'add', method: 'POST', path: '/orders', isSafe: false };

const table = (cache: string, operations: readonly ContractOperation[], service = 'contract: a') =>
  tableOf(
    parsePolicy(
      `services:\n  orders:\n    ${service}\n    operations:\n      list:\n        cache: ${cache}\n`,
      'policy.yaml',
    ),
    new Map([['orders', operations]]),
  );

describe('the cache of an operation', () => {
  it('is in the table, with the Cache-Control of the contract and the time for which a reply may be used', () => {
    const cache = shown({ staleWhileRevalidateS: 5, staleIfErrorS: 600 });
    expect(table('true', [cache]).operations).toEqual([
      {
        service: 'orders',
        name: 'list',
        method: 'GET',
        path: '/orders',
        cache: { control: 'public, max-age=60', longestS: 660 },
      },
    ]);
    expect(table('{ maxStaleSeconds: 700 }', [cache, write]).operations[0]).toHaveProperty('cache');
  });

  it('is written as docs/caching.md shows it', () => {
    const page = readFileSync(new URL('../../../../../docs/caching.md', import.meta.url), 'utf8');
    const [, example = ''] = /## The gateway's cache\n\n```yaml\n(.*?)```/s.exec(page) ?? [];
    const books = { ...shown({ maxAgeS: 30, staleWhileRevalidateS: 60 }), name: 'listBooks', path: '/books' };
    const contracts = new Map([
      ['greetings', [{ ...shown(), name: 'listGreetings', path: '/greetings' }]],
      ['catalogue', [books, { ...write, path: '/books' }]],
    ]);
    const { operations } = tableOf(parsePolicy(example, 'docs/caching.md'), contracts);
    expect(operations.map(({ cache }) => cache?.longestS)).toEqual([60, 90, undefined]);
  });

  it('is not there without the policy', () => {
    const policy = parsePolicy('services:\n  orders: { contract: a }\n', 'policy.yaml');
    expect(tableOf(policy, new Map([['orders', [shown()]]])).operations[0]).not.toHaveProperty('cache');
  });

  it.each<[string, ContractOperation]>([
    ['no cache', { ...shown(), cache: undefined }],
    ['scope private', shown({ scope: 'private' })],
    ['maxAgeS 0', shown({ maxAgeS: 0 })],
    ['a POST', { ...write, name: 'list' }],
  ])('is refused where the contract has %s', (what, operation) => {
    expect(() => table('true', [operation])).toThrow(
      `policy.yaml:6: expected the contract of list to have a cache of scope public and a maxAgeS of at least 1, got ${what}: `,
    );
  });

  it.each<[string, string, readonly ContractOperation[], string]>([
    ['add', 'true', [shown(), write], 'contract: a'],
    ['what has no contract', 'true', [shown()], 'prefixes: [/old/]\n    contract: a'],
    ['what has no contract', 'true', [shown()], 'methods: any\n    contract: a'],
    ['writes', '{ maxStaleSeconds: 59 }', [shown(), write], 'contract: a'],
  ])('is refused where it does not learn of %s, with %s', (what, cache, operations, service) => {
    const got = cache === 'true' ? 'true' : '59';
    expect(() => table(cache, operations, service)).toThrow(
      `: expected { maxStaleSeconds: 60 } or more for list, got ${got}: the gateway does not learn of ${what}, and uses a reply for up to 60 s`,
    );
  });
});
