import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { eventually } from '../../../../test/eventually.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { MergedMetrics } from './merged-metrics.ts';
import { createOperatorsServer } from './operators-port.ts';
import type { WorkerProcess } from './worker-process.ts';

const { logger } = capturedLog();
const pageOf = (count: number) => `# HELP calls Calls.\n# TYPE calls counter\ncalls_total ${count}\n# EOF\n`;

it('counts a worker once that ends while its metrics are asked for', async () => {
  const metrics = new MergedMetrics();
  let workers: WorkerProcess[] = [];
  const worker = (count: number, onAsked = () => {}) => {
    const request = async () => {
      onAsked();
      return Readable.from([pageOf(count)]) as IncomingMessage;
    };
    return { metrics: pageOf(count), request } as unknown as WorkerProcess;
  };
  const steady = worker(1);
  const ending = worker(10, () => {
    workers = [steady];
    metrics.keep(pageOf(10));
  });
  workers = [steady, ending];
  const server = createOperatorsServer({ workers: () => workers, metrics, ownMetrics: () => '', logger });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const scrape = async () => (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)).text();
  expect(await scrape()).toContain('calls_total 11\n');
  expect(await scrape()).toContain('calls_total 11\n');
  server.closeAllConnections();
  server.close();
});

async function listening(worker: WorkerProcess) {
  const service = { workers: () => [worker], metrics: new MergedMetrics(), ownMetrics: () => '', logger };
  const server = createOperatorsServer(service);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

it('refuses a body where too many bytes of others are kept, and goes on when they have gone', async () => {
  const worker = {
    isStopping: false,
    request: async () =>
      Object.assign(Readable.from(['{}']), { statusCode: 200, headers: {} }) as unknown as IncomingMessage,
  } as unknown as WorkerProcess;
  const server = await listening(worker);
  const { port } = server.address() as AddressInfo;
  const upload = () => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path: '/docs/try',
      method: 'POST',
      headers: { 'content-length': 4_194_304 },
    });
    sent.on('error', () => {});
    sent.write(Buffer.alloc(4_000_000));
    return sent;
  };
  const uploads = Array.from({ length: 5 }, upload);
  const refused = await Promise.race(uploads.map(async (sent) => (await once(sent, 'response'))[0] as IncomingMessage));
  expect([refused.statusCode, JSON.parse((await refused.toArray()).join('')).type]).toEqual([
    503,
    'urn:parley:problem:overloaded',
  ]);
  const ask = (body: string) => fetch(`http://127.0.0.1:${port}/docs/try`, { method: 'POST', body });
  // What strangers keep must not hold up an operator that acts.
  for (const sent of uploads) sent.write(Buffer.alloc(194_303));
  await eventually(async () => (await ask('x'.repeat(20_000))).status === 503);
  expect((await ask('small')).status).toBe(200);
  for (const sent of uploads) sent.destroy();
  await eventually(async () => (await ask('x'.repeat(20_000))).status === 200);
  server.closeAllConnections();
  server.close();
});

it('asks a worker once for scrapes at the same time', async () => {
  let asked = 0;
  const page = Promise.withResolvers<void>();
  const worker = {
    metrics: '',
    request: async () => {
      asked++;
      await page.promise;
      return Readable.from([pageOf(asked)]) as IncomingMessage;
    },
  } as unknown as WorkerProcess;
  const server = await listening(worker);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  const scrape = async () => (await fetch(url)).text();
  let arrived = 0;
  server.on('request', () => ++arrived === 9 && page.resolve());
  const pages = await Promise.all(Array.from({ length: 9 }, scrape));
  expect(new Set(pages)).toEqual(new Set([expect.stringContaining('calls_total 1\n')]));
  expect(asked).toBe(1);
  expect(await scrape()).toContain('calls_total 2\n');
  server.closeAllConnections();
  server.close();
});
