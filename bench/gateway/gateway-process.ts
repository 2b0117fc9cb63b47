import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEmbeddedGateway } from '../../packages/local/src/gateways/embedded/embedded-gateway.ts';
import type { Gateway } from '../../packages/local/src/gateways/gateway.ts';
import { generatedFiles } from '../../packages/local/src/gateways/generated-files.ts';
import { createHaproxyGateway, findHaproxy } from '../../packages/local/src/gateways/haproxy/haproxy-gateway.ts';
import { createNginxGateway, findNginx, type Nginx } from '../../packages/local/src/gateways/nginx/nginx-gateway.ts';
import { createProcessGateway, type ProcessGatewaySetting } from '../../packages/local/src/gateways/process-gateway.ts';
import { readGatewayTable } from '../../packages/local/src/gateways/table/gateway-table.ts';
import { freePort } from '../../test/free-port.ts';
import { ownRoot } from '../repository.ts';
import type { GatewayKind } from './ways.ts';

// One gateway in front of one replica: KIND PORT. It sends its own port, and stops when its IPC channel ends.
const [kind, replicaPort] = process.argv.slice(2) as [GatewayKind, string];
const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
// As the launcher: workers of nginx that root has started are another user, and keep bodies there.
await chmod(folder, 0o755);
// This repository's gateways, but for the limits of a client, which the load would exceed.
const clientLimits = { requestsPerSecond: 1_000_000, burst: 1_000_000, connections: 65_535 };
const table = found(readGatewayTable(fileURLToPath(ownRoot)), 'gateway/table.json');
const root = join(folder, 'home');
for (const [path, text] of generatedFiles(root, { ...table, clientLimits })) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
const address = `127.0.0.1:${replicaPort}`;
const setting: ProcessGatewaySetting = {
  root,
  port: await freePort(),
  folder,
  addresses: new Map(table.upstreams.map(({ name }) => [name, [address]])),
  variables: process.env,
  log: { event() {}, line() {} },
  readyTimeoutMs: 10_000,
  drainTimeoutMs: 5_000,
};
/** `proxy_pass`, and nginx' defaults for the rest. */
const bare = `server {
    listen 127.0.0.1:${setting.port};
    location / { proxy_pass http://${address}; }
  }`;

/** What a careful user writes: connections to the replica are kept, limits, the caller's address, no log of each request. */
const keepalive = `upstream replicas { server ${address} max_fails=3 fail_timeout=5s; keepalive 64; }
  keepalive_requests 100000;
  server {
    listen 127.0.0.1:${setting.port};
    client_max_body_size 1m;
    location / {
      proxy_pass http://replicas;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_connect_timeout 1s;
      proxy_read_timeout 10s;
      proxy_next_upstream error timeout;
    }
  }`;

const gateway = await create(kind);
await gateway.start();
process.send?.({ port: setting.port, name: gateway.name });
process.on('disconnect', async () => {
  await gateway.close();
  await rm(folder, { recursive: true, force: true });
  process.exit();
});

async function create(name: GatewayKind): Promise<Gateway> {
  if (name === 'embedded') return createEmbeddedGateway(setting);
  if (name === 'haproxy') return createHaproxyGateway(found(await findHaproxy(process.env), 'haproxy'), setting);
  const nginx = found(await findNginx(process.env), 'nginx');
  if (name === 'nginx') return createNginxGateway(nginx, setting);
  return name === 'bare' ? nginxWith(nginx, bare) : nginxWith(nginx, keepalive);
}

function nginxWith({ command, version }: Nginx, servers: string): Gateway {
  const text = `worker_processes auto;
pid ${folder}/nginx.pid;
events { worker_connections 8192; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${folder}/${one};`).join(' ')}
  ${servers}
}
`;
  const program = {
    program: 'nginx',
    version,
    command,
    args: ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'],
    drainSignal: 'SIGQUIT',
    routes: [],
    folder,
    files: () => [['nginx.conf', text] as const],
    check: async () => {},
  } as const;
  return createProcessGateway(program, setting);
}

function found<Thing>(thing: Thing | undefined, name: string): Thing {
  if (!thing) throw new Error(`expected ${name}, found none: install it, or leave it out with --only`);
  return thing;
}
