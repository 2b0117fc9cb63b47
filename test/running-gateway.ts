import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createEmbeddedGateway } from '../packages/local/src/gateways/embedded/embedded-gateway.ts';
import type { Gateway } from '../packages/local/src/gateways/gateway.ts';
import { createHaproxyGateway, findHaproxy } from '../packages/local/src/gateways/haproxy/haproxy-gateway.ts';
import { createNginxGateway, findNginx } from '../packages/local/src/gateways/nginx/nginx-gateway.ts';
import type { ProcessGatewaySetting } from '../packages/local/src/gateways/process-gateway.ts';
import { acceptsConnections } from '../packages/local/src/ports/readiness.ts';
import { eventually } from './eventually.ts';
import { has } from './needs.ts';
import { freePort } from './running-house.ts';
import { root } from './source-files.ts';

/** Which gateway. */
export type GatewayName = 'nginx' | 'haproxy' | 'embedded';

/** The gateways that this machine can run. */
export function gatewaysHere(): readonly GatewayName[] {
  return [...(has('nginx') ? ['nginx' as const] : []), ...(has('HAProxy') ? ['haproxy' as const] : []), 'embedded'];
}

/** A gateway in front of replicas that a test has started. */
export interface RunningGateway {
  readonly port: number;
  readonly url: string;
  /** What it has written so far. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

/** Addresses (`host:port`) of the replicas of each service. */
export type Addresses = Readonly<Record<string, readonly string[]>>;

/**
 * Runs a gateway on a free port, as `npm start` does; a service of this repository that is left out has no replica that answers.
 *
 * @param home the folder with its configuration. Default: this repository
 */
export async function startGateway(name: GatewayName, addresses: Addresses, home = root): Promise<RunningGateway> {
  const port = await freePort();
  const nobody = [`127.0.0.1:${await freePort()}`];
  const folder = await mkdtemp(join(tmpdir(), 'parley-gateway-'));
  // As the launcher: workers of nginx that root has started are another user, and keep bodies there.
  await chmod(folder, 0o755);
  const lines: string[] = [];
  const services = await readdir(join(root, 'services'));
  const gateway = await createGateway(name, {
    root: home,
    port,
    folder,
    addresses: new Map([...services, ...Object.keys(addresses)].map((name) => [name, addresses[name] ?? nobody])),
    variables: process.env,
    log: { event() {}, line: (_from, text) => void lines.push(text) },
    readyTimeoutMs: 10_000,
    drainTimeoutMs: 5_000,
  });
  await gateway.start();
  const stop = async () => {
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { port, url: `http://127.0.0.1:${port}`, lines, stop };
}

async function createGateway(name: GatewayName, setting: ProcessGatewaySetting): Promise<Gateway> {
  if (name === 'embedded') return createEmbeddedGateway(setting);
  if (name === 'haproxy') {
    const haproxy = await findHaproxy(process.env);
    if (!haproxy) throw new Error('expected haproxy on PATH');
    return createHaproxyGateway(haproxy, setting);
  }
  const nginx = await findNginx(process.env);
  if (!nginx) throw new Error('expected nginx on PATH');
  return createNginxGateway(nginx, setting);
}

/** Runs the HAProxy of this machine with a small configuration: each service below `/api/`, by the name of its path. */
export async function startHaproxy(addresses: Addresses, tries = 3): Promise<RunningGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-haproxy-'));
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, haproxyConfiguration(port, addresses));
  const child = spawn('haproxy', ['-W', '-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => void lines.push(line));
  }
  const hasEnded = () => child.exitCode !== null;
  await eventually(async () => hasEnded() || (await acceptsConnections(port)));
  const stop = async () => {
    await stopped(child);
    await rm(folder, { recursive: true });
  };
  if (!hasEnded()) return { port, url: `http://127.0.0.1:${port}`, lines, stop };
  await stop();
  // Another process may have taken the port meanwhile.
  if (tries > 1) return startHaproxy(addresses, tries - 1);
  throw new Error(`HAProxy ended before it accepted connections: ${lines.join(' ')}`);
}

async function stopped(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function haproxyConfiguration(port: number, addresses: Addresses): string {
  const services = Object.entries(addresses);
  const uses = services.map(([name]) => `  use_backend ${name} if { path_beg /api/${name} }`);
  const backends = services.map(([name, replicas]) =>
    [
      `backend ${name}`,
      '  balance leastconn',
      '  http-reuse always',
      '  option redispatch',
      '  retry-on conn-failure empty-response',
      ...replicas.map((address, n) => `  server ${name}-${n + 1} ${address}`),
    ].join('\n'),
  );
  return `
global
  maxconn 8192
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  option forwardfor
  timeout connect 500ms
  timeout client 30s
  timeout server 12s
  timeout http-request 10s
  backlog 4096
frontend callers
  bind 127.0.0.1:${port}
  http-request del-header X-Forwarded-For
${uses.join('\n')}
${backends.join('\n')}
`;
}
