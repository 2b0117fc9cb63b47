import { describe, expect, it } from '@jest/globals';
import { parsePolicy } from './policy.ts';
import { type ContractOperation, tableOf } from './policy-table.ts';

const orders: readonly ContractOperation[] = [
  { name: 'list', method: 'GET', path: '/orders' },
  { name: 'add', method: 'POST', path: '/orders', bodySize: { maxBytes: 5 * 1024 ** 2, filesBytes: 0 } },
  { name: 'find', method: 'GET', path: '/orders/{id}', bodySize: { maxBytes: 10, filesBytes: 0 } },
  { name: 'file', method: 'GET', path: '/orders/{id}/files/{path*}' },
];
const table = (services: string, contracts = new Map([['orders', orders]])) =>
  tableOf(parsePolicy(`services:\n${services}`, 'policy.yaml'), contracts);

describe('tableOf', () => {
  it('has a route for each path or beginning of a template, with the largest limits of its operations', () => {
    const { routes } = table(
      '  orders: { contract: "@a/orders", operations: { file: { timeoutMs: 60000 }, find: { timeoutMs: 500 } } }\n',
    );
    expect(routes).toEqual([
      { isExact: true, path: '/orders', service: 'orders', bodyBytes: 5 * 1024 ** 2 },
      { isExact: false, path: '/orders/', service: 'orders', readTimeoutMs: 72_000 },
    ]);
  });

  it('lets a form have its files beside what any body may have', () => {
    const upload = { name: 'upload', method: 'POST', path: '/files', bodySize: { filesBytes: 3_000_000 } };
    const sizeOf = (top: string) =>
      tableOf(parsePolicy(`${top}services: { files: { contract: a } }`, ''), new Map([['files', [upload]]])).routes[0]
        ?.bodyBytes;
    expect([sizeOf(''), sizeOf('bodyBytes: 200000\n')]).toEqual([1024 ** 2 + 3_000_000, 3_200_000]);
  });

  it('takes the size of a policy above that of a contract', () => {
    const { routes } = table(
      '  orders: { contract: a, operations: { add: { bodyBytes: 10 }, list: { bodyBytes: 10 } } }\n',
    );
    expect(routes[0]).toMatchObject({ path: '/orders', bodyBytes: 10 });
  });

  it('has the largest head of a request', () => {
    const { headerBytes } = tableOf(
      parsePolicy('headerBytes: 8192\nservices: { a: { prefixes: [/a/] } }', ''),
      new Map(),
    );
    expect(headerBytes).toBe(8192);
  });

  it('waits a fifth longer than services, in whole seconds', () => {
    const timed = (timeoutMs: number) =>
      tableOf(parsePolicy(`requestTimeoutMs: ${timeoutMs}\nservices:\n  a: { prefixes: [/a/] }`, ''), new Map())
        .readTimeoutMs;
    expect([10_000, 1, 12_345].map(timed)).toEqual([12_000, 1_000, 15_000]);
  });

  it('gives a prefix that shares a location with an operation the limits of what has no operation', () => {
    const { routes } = table(
      '  orders: { contract: a, prefixes: [/orders/], operations: { find: { bodyBytes: 10, timeoutMs: 5 }, file: { bodyBytes: 10, timeoutMs: 5 } } }\n',
    );
    expect(routes[1]).toEqual({ isExact: false, path: '/orders/', service: 'orders' });
  });

  it('has the operations, with the rate of one client where the policy has one', () => {
    const { operations } = table('  orders: { contract: a, operations: { add: { requestsPerSecond: 5 } } }\n');
    expect(operations.slice(0, 2)).toEqual([
      { service: 'orders', name: 'list', method: 'GET', path: '/orders' },
      { service: 'orders', name: 'add', method: 'POST', path: '/orders', requestsPerSecond: 5, burst: 5 },
    ]);
  });

  it('leads prefixes to a service, with a contract and without', () => {
    const { routes, upstreams } = table(
      '  orders: { contract: a, prefixes: [/orders/, /old/] }\n  pages: { port: 8000, prefixes: [/] }\n',
    );
    expect(routes.map(({ isExact, path, service }) => [isExact, path, service])).toEqual([
      [true, '/orders', 'orders'],
      [false, '/orders/', 'orders'],
      [false, '/old/', 'orders'],
      [false, '/', 'pages'],
    ]);
    expect(upstreams).toEqual([
      { name: 'orders', port: 3000 },
      { name: 'pages', port: 8000 },
    ]);
  });

  it.each([
    [
      '  orders:\n    contract: a\n    operations:\n      find: {}\n      fnid: {}\n',
      'policy.yaml:6: expected an operation of orders (list, add, find, file), got "fnid"',
    ],
    [
      '  orders:\n    contract: a\n    operations:\n      find: { burst: 5 }\n',
      'policy.yaml:5: expected requestsPerSecond of find beside its burst, found none',
    ],
    ['  empty: {}\n', 'policy.yaml:2: expected a contract with operations, or prefixes, for empty, found neither'],
    [
      '  orders: { contract: a }\n  more: { prefixes: [/orders/] }\n',
      'policy.yaml:3: expected one service for paths that begin with /orders/, got orders and /orders/ of more',
    ],
  ])('refuses %j', (services, sentence) => {
    expect(() => table(services)).toThrow(sentence);
  });

  it.each(['a;}', 'a b', '$uri', '', 'läuft', '1st'])('refuses an operation %j of a contract', (name) => {
    const contracts = new Map([['orders', [{ name, method: 'GET', path: '/orders' }]]]);
    expect(() => table('  orders: { contract: a }\n', contracts)).toThrow(
      `policy.yaml:2: expected operations of orders with names of letters, digits and _, a letter first, got ${JSON.stringify(name)}: rename it in the contract`,
    );
  });

  it('refuses a name of Object.prototype that no contract has', () => {
    expect(() => table('  orders: { contract: a, operations: { toString: {} } }\n')).toThrow('got "toString"');
  });
});
