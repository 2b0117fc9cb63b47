import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { freePort } from './running-system.ts';
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

/** The process that the health check would kill, among processes with these command lines. */
function victimOf(processes: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'check-health-'));
  try {
    for (const [pid, command] of Object.entries(processes)) {
      mkdirSync(join(folder, pid));
      writeFileSync(join(folder, pid, 'cmdline'), `${command.replaceAll(' ', '\0')}\0`);
    }
    const script = readFileSync(join(root, 'container/check-health.sh'), 'utf8');
    const [definition = ''] = /^service\(\) \{\n.*?^\}\n/ms.exec(script) ?? [];
    const search = `set -u\n${definition.replaceAll('/proc/', `${folder}/`)}service`;
    return execFileSync('bash', ['-c', search], { encoding: 'utf8' }).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('the health check of a container would kill the service, and of several workers their supervisor', () => {
  const worker = '/usr/local/bin/node --enable-source-maps /app/services/hello/main.ts';
  const supervisor =
    '/usr/local/bin/node /app/packages/service/src/workers/supervisor-main.ts /app/services/hello/main.ts';
  expect(victimOf({ 1: '/sbin/docker-init -- node main.ts', 7: worker, 12: 'bash check-health.sh' })).toBe('7');
  // In the order of the shell, 18 and 120 come before 9.
  expect(victimOf({ 9: supervisor, 18: worker, 120: worker })).toBe('9');
  expect(victimOf({ 9: worker, 18: supervisor, 120: worker })).toBe('18');
  expect(victimOf({ 1: '/sbin/docker-init' })).toBe('');
});
