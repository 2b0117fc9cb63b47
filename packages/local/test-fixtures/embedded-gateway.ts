import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../test/free-port.ts';
import { createEmbeddedGateway } from '../src/gateways/embedded/embedded-gateway.ts';
import { parseRoutes } from '../src/gateways/nginx-files/nginx-routes.ts';
import { defaultClientLimits } from '../src/gateways/table/client-limits.ts';
import { tableFile, tableOfRoutes } from '../src/gateways/table/gateway-table.ts';
import { loopback } from '../src/ports/ports.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));

/** An embedded gateway of the project, in front of one replica of all its services. */
export interface TestGateway {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts one whose `nginx.conf` and `limits.conf` have some values changed: `{ send_timeout: '1s' }`. */
export async function startTestGateway(
  replica: string,
  changes: Record<string, string> = {},
  clientLimits = defaultClientLimits,
): Promise<TestGateway> {
  const root = mkdtempSync(join(tmpdir(), 'parley-gateway-'));
  cpSync(join(project, 'nginx'), join(root, 'nginx'), { recursive: true });
  for (const name of ['nginx.conf', 'limits.conf']) {
    const path = join(root, 'nginx', name);
    const text = Object.entries(changes).reduce(
      (before, [directive, value]) => before.replace(new RegExp(`^(\\s*${directive}) .*?;`, 'm'), `$1 ${value};`),
      readFileSync(path, 'utf8'),
    );
    writeFileSync(path, text);
  }
  const routes = parseRoutes(readFileSync(join(root, 'nginx/routes.conf'), 'utf8'));
  mkdirSync(join(root, 'gateway'));
  writeFileSync(join(root, tableFile), JSON.stringify({ ...tableOfRoutes(routes), clientLimits }));
  const port = await freePort();
  const gateway = createEmbeddedGateway({
    root,
    port,
    addresses: new Map(['greetings', 'hello', 'guestbook'].map((service) => [service, [replica]])),
    variables: {},
    log: { event() {}, line() {} },
    readyTimeoutMs: 1_000,
    drainTimeoutMs: 500,
  });
  rmSync(root, { recursive: true });
  await gateway.start();
  return { port, close: () => gateway.close() };
}

/** A client that writes and reads bytes. */
export interface RawClient {
  readonly socket: Socket;
  /** All that has come so far. */
  readonly received: string;
  /** Answers with all that came, once the connection is closed. */
  readonly closed: Promise<string>;
}

/** Opens a connection and sends these bytes. Reads what comes, unless it is paused. */
export function rawClient(port: number, bytes: string): RawClient {
  let received = '';
  const socket = connect({ port, host: loopback, allowHalfOpen: true });
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
  });
  socket.on('error', () => {}).on('end', () => socket.end());
  socket.write(bytes, 'latin1');
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  return {
    socket,
    closed,
    get received() {
      return received;
    },
  };
}
