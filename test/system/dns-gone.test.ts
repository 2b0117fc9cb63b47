import { Resolver } from 'node:dns/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { dnsServer, type ZoneRecord } from '../../packages/client/test-fixtures/dns-server.ts';
import { eventually } from '../eventually.ts';
import { type RunningService, startMain } from '../running-service.ts';
import { CallRecord, textTable } from './figures.ts';
import { loadOn } from './orders/load.ts';

const perSecond = 200;
const service = '_http._tcp.orders.test';

let replicas: RunningService[] = [];
let nameServer: Awaited<ReturnType<typeof dnsServer>>;

beforeAll(async () => {
  const start = () => startMain('test/system/orders/main.ts');
  replicas = await Promise.all([start(), start(), start()]);
  const servers = replicas.map(
    ({ url }): ZoneRecord => ({
      ...{ type: 'SRV', ttl: 1, priority: 1, weight: 1 },
      ...{ name: 'replica.orders.test', port: Number(new URL(url).port) },
    }),
  );
  nameServer = await dnsServer(
    new Map([
      [service, servers],
      ['replica.orders.test', [{ type: 'A', ttl: 1, address: '127.0.0.1' }]],
    ]),
  );
  askOnly(nameServer.resolver.getServers());
}, 60_000);

afterAll(async () => {
  jest.restoreAllMocks();
  await nameServer?.close();
  for (const replica of replicas) await replica.stop();
}, 60_000);

/** Has all resolvers of this process ask these name servers, not those of the machine. */
function askOnly(servers: readonly string[]): void {
  for (const method of ['resolve4', 'resolve6', 'resolveSrv'] as const) {
    const resolve = Resolver.prototype[method] as (...args: unknown[]) => Promise<never>;
    jest.spyOn(Resolver.prototype, method).mockImplementation(function (this: Resolver, ...args: unknown[]) {
      if (this.getServers().join() !== servers.join()) this.setServers(servers);
      return resolve.apply(this, args);
    });
  }
}

describe('a name server', () => {
  it('that answers no more, or with failures only, fails no call: the last known addresses stay', async () => {
    const record = new CallRecord();
    const { upstream, stop } = loadOn(`srv://${service}`, perSecond, record);
    const rows: Record<string, string | number>[] = [];
    /** Goes on until names were looked up in vain. */
    const during = async (state: Parameters<typeof nameServer.become>[0]) => {
      const fromMs = performance.now();
      const asked = nameServer.questions.length;
      nameServer.become(state);
      await pause(2_000);
      await eventually(() => nameServer.questions.length > asked);
      const { calls, p50Ms, p99Ms } = record.figures(fromMs);
      rows.push({ 'name server': state, calls, 'p50 ms': p50Ms.toFixed(1), 'p99 ms': p99Ms.toFixed(1) });
      expect(upstream.endpoints()).toHaveLength(replicas.length);
    };
    let report: Awaited<ReturnType<typeof stop>>;
    try {
      await during('answering');
      await during('silent');
      await during('failing');
    } finally {
      report = await stop();
      console.info(`${textTable(rows)}\nfailed: ${JSON.stringify(report.lost)}`);
    }
    expect(report.lost).toEqual({});
    expect(report.sent).toBeGreaterThan((perSecond * 6) / 2);
  }, 60_000);
});
