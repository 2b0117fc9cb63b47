import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { eventually } from '../../../../test/eventually.ts';
import { MergedMetrics } from './merged-metrics.ts';
import { createOperatorsServer } from './operators-port.ts';
import type { WorkerProcess } from './worker-process.ts';

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
  const server = createOperatorsServer({ workers: () => workers, metrics, ownMetrics: () => '' });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const scrape = async () => (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)).text();
  expect(await scrape()).toContain('calls_total 11\n');
  expect(await scrape()).toContain('calls_total 11\n');
  server.closeAllConnections();
  server.close();
});

it('refuses a body where too many bytes of others are kept, and goes on when they have gone', async () => {
  const worker = {
    isStopping: false,
    request: async () =>
      Object.assign(Readable.from(['{}']), { statusCode: 200, headers: {} }) as unknown as IncomingMessage,
  } as unknown as WorkerProcess;
  const server = createOperatorsServer({ workers: () => [worker], metrics: new MergedMetrics(), ownMetrics: () => '' });
  await once(server.listen(0, '127.0.0.1'), 'listening');
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
  const ask = () => fetch(`http://127.0.0.1:${port}/docs/try`, { method: 'POST', body: 'small' });
  for (const sent of uploads) sent.destroy();
  await eventually(async () => (await ask()).status === 200);
  server.closeAllConnections();
  server.close();
});
