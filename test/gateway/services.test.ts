import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type GatewayHome, gatewayHome } from '../gateway-home.ts';
import { type RunningGateway, startGateway, testedGateways } from '../running-gateway.ts';

const longService = `a-${'long-'.repeat(8)}name`;
const longOperation = `a${'LongName'.repeat(8)}`;
const policy = `
services:
  order: { contract: a, operations: { items_list: { requestsPerSecond: 100 } } }
  order-items: { contract: a, operations: { list: { requestsPerSecond: 100 } } }
  requests: { contract: a, operations: { per_client: { requestsPerSecond: 100 } } }
  shop: { contract: a, methods: any, operations: { find: { requestsPerSecond: 100 } } }
  tenants: { contract: a, operations: { info: { requestsPerSecond: 2, burst: 1 } } }
  pages: { contract: a, prefixes: [/own/] }
  legacy: { prefixes: [/old/, /t/legacy/] }
  ${longService}: { contract: a, operations: { ${longOperation}: { requestsPerSecond: 100 } } }
`;
const get = (name: string, path: string) => ({ name, method: 'GET', path });
const contracts = new Map([
  ['order', [get('items_list', '/order')]],
  ['order-items', [get('list', '/order-items')]],
  ['requests', [get('per_client', '/requests')]],
  ['shop', [get('find', '/api/books/{id}')]],
  ['tenants', [get('info', '/t/{tenant}/info')]],
  ['pages', [get('page', '/{path*}')]],
  [longService, [get(longOperation, '/long')]],
]);

let home: GatewayHome;
const replicas: ReturnType<typeof createServer>[] = [];
const addresses: Record<string, string[]> = {};

beforeAll(async () => {
  home = gatewayHome(policy, contracts);
  for (const [, service = ''] of policy.matchAll(/^ {2}([\w-]+):/gm)) {
    const replica = createServer(({ method, url }, response) => void response.end(`${service}: ${method} ${url}`));
    await new Promise<void>((resolve) => replica.listen(0, '127.0.0.1', resolve));
    replicas.push(replica);
    addresses[service] = [`127.0.0.1:${(replica.address() as AddressInfo).port}`];
  }
});
afterAll(() => {
  for (const replica of replicas) {
    replica.closeAllConnections();
    replica.close();
  }
  home?.remove();
});

describe.each(testedGateways())('%s, of several services', (name) => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway(name, addresses, home.folder);
  }, 30_000);
  afterAll(() => gateway?.stop());

  const ask = async (method: string, path: string) => {
    const answer = await fetch(`${gateway.url}${path}`, { method, redirect: 'manual' });
    return answer.status === 200 ? await answer.text() : answer.status;
  };

  it('lets a service decide at its prefix, though an operation elsewhere has such a path', async () => {
    expect(await ask('POST', '/old/x')).toBe('legacy: POST /old/x');
    expect(await ask('DELETE', '/t/legacy/info')).toBe('legacy: DELETE /t/legacy/info');
    expect(await ask('POST', '/own/x')).toBe('pages: POST /own/x');
    expect([await ask('POST', '/x'), await ask('POST', '/t/a/info')]).toEqual([405, 405]);
  });

  it("does not count a request as another service's operation", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask('GET', '/t/legacy/info')));
    expect(new Set(replies)).toEqual(new Set(['legacy: GET /t/legacy/info']));
  });

  it('passes on any method to a service with methods: any', async () => {
    expect(await ask('DELETE', '/api/books/7')).toBe('shop: DELETE /api/books/7');
  });

  it('leads a path without the closing slash of a prefix to the service of the shorter path', async () => {
    expect(await ask('GET', '/old')).toBe('pages: GET /old');
  });

  it('limits operations whose names are long, or alike but for a sign', async () => {
    expect(await ask('GET', '/order')).toBe('order: GET /order');
    expect(await ask('GET', '/order-items')).toBe('order-items: GET /order-items');
    expect(await ask('GET', '/requests')).toBe('requests: GET /requests');
    expect(await ask('GET', '/long')).toBe(`${longService}: GET /long`);
  });
});
