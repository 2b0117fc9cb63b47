import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { freePort } from './running-house.ts';
import { root } from './source-files.ts';

/** Exit code of the container's health check, for a service whose operators' port is this one. */
function checkHealth(port: number): Promise<number> {
  return new Promise((resolve) => {
    const env = { ...process.env, ADMIN_PORT: String(port) };
    const child = execFile('bash', [join(root, 'container/check-health.sh')], { env }, () =>
      resolve(child.exitCode ?? -1),
    );
  });
}

async function checkHealthOf(answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    return await checkHealth((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

it('the health check of a container takes a service for healthy that says it is ready', async () => {
  const asked: unknown[] = [];
  const code = await checkHealthOf((request, response) => {
    asked.push(request.url);
    response.end('{}');
  });
  expect([code, asked]).toEqual([0, ['/readyz']]);
});

it.each([
  ['drains', (_, response) => response.writeHead(503).end()],
  ['does not know the path', (_, response) => response.writeHead(404).end()],
  ['closes the connection without a word', (request) => request.socket.destroy()],
] satisfies [string, RequestListener][])(
  'the health check of a container takes a service for unhealthy that %s, and lets it live',
  async (_, answer) => {
    // Killed is only what gives no answer several times: test/compose/failures.spec.ts.
    let count = 0;
    const code = await checkHealthOf((request, response) => {
      count++;
      answer(request, response);
    });
    expect([code, count]).toEqual([1, 1]);
  },
);

it('the health check of a container takes a service for unhealthy that does not listen yet', async () => {
  expect(await checkHealth(await freePort())).toBe(1);
});
