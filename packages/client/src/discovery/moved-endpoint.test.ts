import { Resolver } from 'node:dns/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { dnsServer, type ZoneRecord } from '../../test-fixtures/dns-server.ts';
import { httpServer, sendJson } from '../../test-fixtures/http-server.ts';
import { until } from '../../test-fixtures/raw-server.ts';
import { someRequest } from '../../test-fixtures/sample.ts';
import { createUpstream } from '../upstream.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/** Has all resolvers of this process ask this name server. */
function askOnly(servers: readonly string[]): void {
  for (const method of ['resolve4', 'resolve6'] as const) {
    const resolve = Resolver.prototype[method] as (...args: unknown[]) => Promise<never>;
    jest.spyOn(Resolver.prototype, method).mockImplementation(function (this: Resolver, ...args: unknown[]) {
      if (this.getServers().join() !== servers.join()) this.setServers(servers);
      return resolve.apply(this, args);
    });
  }
}

const ok = () => httpServer((_, response) => sendJson(response, 200, {}));
const at = (address: string): ZoneRecord => ({ type: 'A', ttl: 3_600, address });

describe('an endpoint whose name has another address now', () => {
  it('is found there within a second of the first refused connection, though the old record is valid for an hour', async () => {
    const server = await ok();
    const { port } = new URL(server.address);
    // Nothing listens at 127.0.0.2: connections are refused.
    const zone = new Map([['moved.test', [at('127.0.0.1')]]]);
    const nameServer = await dnsServer(zone);
    askOnly(nameServer.resolver.getServers());
    const options = { dnsRefreshMs: 3_600_000, maxAttempts: 1 };
    const upstream = createUpstream('moved', `dns://moved.test:${port}`, options);
    closeAfterTest({ close: () => upstream.close() });
    closeAfterTest(nameServer);
    closeAfterTest(server);
    zone.set('moved.test', [at('127.0.0.2')]);
    await expect(upstream.send(someRequest())).rejects.toMatchObject({ code: 'unavailable', isUnprocessed: true });
    expect(nameServer.questions).toHaveLength(2);
    zone.set('moved.test', [at('127.0.0.1')]);
    await until(() => upstream.endpoints().some(({ address }) => address.includes('127.0.0.1')));
    await expect(upstream.send(someRequest())).resolves.toMatchObject({ status: 200 });
    expect(nameServer.questions).toHaveLength(4);
  });

  it('is looked up once for many refused connections', async () => {
    const server = await ok();
    const { port } = new URL(server.address);
    await server.close();
    const nameServer = await dnsServer(new Map([['moved.test', [at('127.0.0.1')]]]));
    askOnly(nameServer.resolver.getServers());
    const upstream = createUpstream('moved', `dns://moved.test:${port}`, { dnsRefreshMs: 3_600_000, maxAttempts: 1 });
    closeAfterTest({ close: () => upstream.close() });
    closeAfterTest(nameServer);
    const calls = Array.from({ length: 50 }, () => upstream.send(someRequest()).catch(() => {}));
    await Promise.all(calls);
    await until(() => nameServer.questions.length === 4);
    expect(nameServer.questions).toHaveLength(4);
  });
});
