import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { operationsOf } from './operations.ts';

let server: Server;
afterEach(() => void server.close());

async function serving(status: number, body: string): Promise<string> {
  server = createServer((request, response) =>
    response.writeHead(request.url === '/openapi.json' ? status : 404).end(body),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('operationsOf', () => {
  it('reads them from the OpenAPI document of a service', async () => {
    const document = {
      paths: {
        '/orders': {
          get: { operationId: 'listOrders', summary: 'All orders', parameters: [{ name: 'limit', required: false }] },
          post: { requestBody: {} },
        },
        '/orders/{id}': { parameters: [], get: { summary: 'One', parameters: [{ name: 'id', required: true }] } },
      },
    };
    const address = await serving(200, JSON.stringify(document));
    expect(await operationsOf('orders', address)).toEqual([
      {
        service: 'orders',
        name: 'listOrders',
        method: 'GET',
        path: '/orders',
        summary: 'All orders',
        needsInput: false,
      },
      { service: 'orders', method: 'POST', path: '/orders', summary: '', needsInput: true },
      { service: 'orders', method: 'GET', path: '/orders/{id}', summary: 'One', needsInput: true },
    ]);
  });

  it.each([
    [404, '{"paths":{}}'],
    [200, '<html>'],
    [200, '[]'],
    [200, '{"name":"other"}'],
  ])('has none of a service that answers %i %s', async (status, body) => {
    expect(await operationsOf('orders', await serving(status, body))).toBeUndefined();
  });
});
