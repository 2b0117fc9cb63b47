import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
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
