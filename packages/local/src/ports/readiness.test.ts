import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { loopback, type ReservedPorts, reservePorts } from './ports.ts';
import { createProbes } from './readiness.ts';

let reserved: ReservedPorts;
const servers: Server[] = [];
beforeAll(async () => {
  reserved = await reservePorts(2, 'readiness.test');
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => reserved.close());

const places = () => ({ port: reserved.ports[0] ?? 0, adminPort: reserved.ports[1] ?? 0 });

async function listen(port: number, server: Server): Promise<void> {
  servers.push(server);
  await once(server.listen(port, loopback), 'listening');
}

describe('the readiness of a service', () => {
  it("is what its operators' port says", async () => {
    const probes = createProbes(places());
    let status = 503;
    await listen(places().port, createTcpServer());
    await listen(
      places().adminPort,
      createServer((_request, response) => response.writeHead(status).end()),
    );
    expect(await probes.isReady(1)).toBe(false);
    status = 200;
    expect(await probes.isReady(1)).toBe(true);
    status = 500;
    expect(await probes.isAlive(1_000)).toBe(false);
  });

  it('is that it accepts connections where it has no such port', async () => {
    let nowMs = 0;
    const probes = createProbes(places(), () => nowMs);
    expect(await probes.isReady(1)).toBe(false);
    await listen(places().port, createTcpServer());
    expect(await probes.isReady(1)).toBe(false);
    nowMs = 1_000;
    expect(await probes.isReady(1)).toBe(true);
    expect(await probes.isAlive(1_000)).toBe(true);
  });

  it('is not that another program has its port', async () => {
    let nowMs = 0;
    const probes = createProbes(places(), () => nowMs);
    await listen(places().port, createTcpServer());
    // The next process fails for the same reason.
    for (const pid of [1, 1, 2, 2]) {
      expect(await probes.isReady(pid)).toBe(false);
      nowMs += 1_000;
    }
  });
});
