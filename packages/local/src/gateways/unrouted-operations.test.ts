import { expect, it } from '@jest/globals';
import { type GatewayTable, tableOfRoutes } from './table/gateway-table.ts';
import { warnOfUnrouted } from './unrouted-operations.ts';

it('warns of each service with operations that the gateway does not know, and of no service without a contract', () => {
  const written = (path: string) => ({ service: 'orders', name: 'one', method: 'GET', path });
  const table: GatewayTable = {
    ...tableOfRoutes([]),
    operations: [written('/orders'), written('/orders/{id}/files/{path*}')],
  };
  const served = (service: string, method: string, path: string) => ({
    service,
    method,
    path,
    summary: '',
    needsInput: false,
  });
  const operations = new Map([
    [
      'orders',
      [
        served('orders', 'GET', '/orders'),
        served('orders', 'GET', '/orders/{id}/files/{path}'),
        served('orders', 'POST', '/orders'),
        served('orders', 'GET', '/carts'),
      ],
    ],
    ['pages', [served('pages', 'GET', '/pages')]],
  ]);
  const warnings: string[] = [];
  warnOfUnrouted(table, operations, { event: (_level, sentence) => void warnings.push(sentence), line() {} });
  expect(warnings).toEqual(['the gateway does not know POST /orders, GET /carts of orders: run "parley gateway"']);
});
