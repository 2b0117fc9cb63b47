import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { emptyResource } from '@opentelemetry/resources';
import { now } from '@parley/contract';
import { finishedSpan } from '../../test-fixtures/finished.ts';
import { WallClock } from '../wall-clock.ts';
import { CollectorConnections } from './collector-connections.ts';
import { PlainSpan } from './readable-span.ts';

let collector: Server;
let dripping: NodeJS.Timeout | undefined;
beforeEach(async () => {
  // It answers at once, and its answer never ends.
  collector = createServer((_request, response) => {
    response.writeHead(200);
    dripping = setInterval(() => response.write('.'), 10);
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${port}`;
});
afterEach(async () => {
  clearInterval(dripping);
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  delete process.env.OTEL_EXPORTER_OTLP_CERTIFICATE;
  await new Promise((resolve) => collector.close(resolve));
});

type Result = Parameters<Parameters<OTLPTraceExporter['export']>[1]>[0];

function send(exporter: OTLPTraceExporter): Promise<Result> {
  const span = new PlainSpan(finishedSpan({}), emptyResource(), new WallClock(now));
  return new Promise((resolve) => exporter.export([span], resolve));
}

describe('connections to a collector', () => {
  it('end with the exporter, though an answer drips for ever', async () => {
    const connections = new CollectorConnections('TRACES');
    const exporter = new OTLPTraceExporter({ httpAgentOptions: connections.configuration.agentFactory });
    const arrived = once(collector, 'connection');
    const sent = send(exporter);
    const [socket] = await arrived;
    await once(collector, 'request');
    const left = once(socket, 'close');
    connections.close();
    await left;
    expect(await sent).toMatchObject({ code: 1, error: { message: 'the exporter is closed' } });
    expect(await send(exporter)).toMatchObject({ code: 1, error: { message: 'the exporter is closed' } });
  });

  it('that are closed before the first one is opened stay closed', async () => {
    const connections = new CollectorConnections('TRACES');
    connections.close();
    const exporter = new OTLPTraceExporter({ httpAgentOptions: connections.configuration.agentFactory });
    expect(await send(exporter)).toMatchObject({ code: 1, error: { message: 'the exporter is closed' } });
  });

  it('have the certificates that the environment names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-telemetry-'));
    try {
      const path = join(folder, 'ca.pem');
      writeFileSync(path, 'a certificate');
      process.env.OTEL_EXPORTER_OTLP_CERTIFICATE = path;
      const agent = await new CollectorConnections('METRICS').configuration.agentFactory('https:');
      expect(agent).toMatchObject({ options: { ca: Buffer.from('a certificate'), keepAlive: true } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
