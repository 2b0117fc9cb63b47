import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { loopback, reservePorts } from '../ports/ports.ts';
import { acceptsConnections } from '../ports/readiness.ts';
import { RenewableReplica } from './renewable-replica.ts';

it('a replica that finds one of its ports taken leaves the other one free', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'renewable-replica-'));
  const reserved = await reservePorts(4, 'renewable-replica.test');
  const [port = 0, adminPort = 0, at = 0, adminAt = 0] = reserved.ports;
  // Both answer for the process: that it is ready, and that its address is taken.
  const taken = [adminAt, adminPort].map((each) => createServer((_, res) => res.end()).listen(each, loopback));
  await Promise.all(taken.map((server) => once(server, 'listening')));
  const replica = new RenewableReplica(
    {
      ...{ service: 'hello', name: 'hello-1', cwd: folder, args: ['-e', 'setInterval(() => {}, 1000)'] },
      ...{ port, adminPort, stage: 0, dependsOn: [], environment: {} },
    },
    [
      { port: at, adminPort: adminAt },
      { port: at, adminPort: adminAt },
    ],
    {
      ...{ root: folder, folder, variables: {}, log: { event() {}, line() {} } },
      ...{ readyTimeoutMs: 30_000, drainTimeoutMs: 10_000 },
    },
  );
  await expect(replica.start()).rejects.toThrow('EADDRINUSE');
  await replica.stop();
  expect(await acceptsConnections(port)).toBe(false);
  for (const server of taken) server.close();
  reserved.close();
  rmSync(folder, { recursive: true });
});
