import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { GatewayKind } from '../packages/local/src/command-line.ts';
import { createEmbeddedGateway } from '../packages/local/src/gateways/embedded/embedded-gateway.ts';
import type { Gateway } from '../packages/local/src/gateways/gateway.ts';
import { createHaproxyGateway, findHaproxy } from '../packages/local/src/gateways/haproxy/haproxy-gateway.ts';
import { createNginxGateway, findNginx } from '../packages/local/src/gateways/nginx/nginx-gateway.ts';
import type { ProcessGatewaySetting } from '../packages/local/src/gateways/process-gateway.ts';
import { acceptsConnections } from '../packages/local/src/ports/readiness.ts';
import { dockerProgram } from './docker-program.ts';
import { eventually } from './eventually.ts';
import { has } from './needs.ts';
import { freePort } from './running-system.ts';
import { root } from './source-files.ts';

/** Gateways that are images of Docker: the versions that compose runs. */
const images = {
  'nginx-1.30': { kind: 'nginx', image: 'nginx:1.30' },
  'haproxy-3.2': { kind: 'haproxy', image: 'haproxy:3.2' },
} as const;

/** A gateway of this machine by its program, or one of Docker by program and version. */
export type GatewayName = GatewayKind | keyof typeof images;

/** The program of a gateway, of whatever version. */
export function kindOf(name: GatewayName): GatewayKind {
  return name in images ? images[name as keyof typeof images].kind : (name as GatewayKind);
}

/** The gateways that this machine can run without Docker. */
export function gatewaysHere(): readonly GatewayKind[] {
  return [...(has('nginx') ? ['nginx' as const] : []), ...(has('HAProxy') ? ['haproxy' as const] : []), 'embedded'];
}

/** The gateways that `GATEWAYS` names (`nginx-1.30,haproxy-3.2`). Default: those of this machine. */
export function testedGateways(): readonly GatewayName[] {
  const { GATEWAYS: asked } = process.env;
  if (!asked) return gatewaysHere();
  const known = ['nginx', 'haproxy', 'embedded', ...Object.keys(images)];
  const names = asked.split(',');
  const stranger = names.find((name) => !known.includes(name));
  if (stranger === undefined) return names as GatewayName[];
  throw new Error(`expected GATEWAYS to have names of ${known.join(', ')}, got "${stranger}"`);
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
  const setting = {
    root: home,
    port,
    folder,
    addresses: new Map([...services, ...Object.keys(addresses)].map((name) => [name, addresses[name] ?? nobody])),
    variables: process.env,
    log: { event() {}, line: (_from: unknown, text: string) => void lines.push(text) },
    readyTimeoutMs: 10_000,
    drainTimeoutMs: 5_000,
  };
  const program = await gatewayProgram(name, folder);
  const gateway = createGateway(program, setting);
  const stop = async () => {
    await gateway.close();
    await program?.remove();
    await rm(folder, { recursive: true, force: true });
  };
  await gateway.start();
  return { port, url: `http://127.0.0.1:${port}`, lines, stop };
}

function createGateway(program: GatewayProgram | undefined, setting: ProcessGatewaySetting): Gateway {
  if (!program) return createEmbeddedGateway(setting);
  return program.kind === 'nginx' ? createNginxGateway(program, setting) : createHaproxyGateway(program, setting);
}

/** A program that can be the gateway. */
export interface GatewayProgram {
  readonly kind: 'nginx' | 'haproxy';
  readonly command: string;
  readonly version: string;
  /** Ends what it may have left outside its own process. */
  remove(): Promise<void>;
}

/**
 * The program of a gateway, of this machine or of Docker; undefined for the embedded gateway, which has none.
 *
 * @param folder a temporary one of its own, the only one that it may write
 */
export async function gatewayProgram(name: GatewayName, folder: string): Promise<GatewayProgram | undefined> {
  if (name === 'embedded') return undefined;
  if (name !== 'nginx' && name !== 'haproxy') {
    const { kind, image } = images[name];
    return { kind, version: image.replace(/.*:/, ''), ...(await dockerProgram(image, kind, folder)) };
  }
  const program = await (name === 'nginx' ? findNginx : findHaproxy)(process.env);
  if (!program) throw new Error(`expected ${name} on PATH`);
  return { kind: name, ...program, remove: async () => {} };
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
