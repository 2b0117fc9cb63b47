import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acceptsConnections } from '../../packages/local/src/ports/readiness.ts';
import { eventually } from '../eventually.ts';
import { freePort } from '../free-port.ts';
import { gatewayHome } from '../gateway-home.ts';
import { type GatewayName, kindOf, startGateway, testedGateways } from '../running-gateway.ts';
import { sendRaw } from '../send-raw.ts';
import { root } from '../source-files.ts';

/** What leads a client without TLS away, on a port of this machine. */
interface Redirect {
  readonly url: string;
  stop(): Promise<void>;
}

const text = (path: string) => readFileSync(join(root, path), 'utf8');

/** nginx with the part of `tls/listen.conf` that is for clients without TLS, beside its port. */
async function nginxRedirect(name: GatewayName): Promise<Redirect> {
  const [, part = ''] = /\n(set \$https_port[\s\S]*?)\n# ---/.exec(text('nginx/tls/listen.conf')) ?? [];
  const home = gatewayHome('services:\n  pages: { prefixes: [/pages/] }\n');
  mkdirSync(join(home.folder, 'nginx/local'), { recursive: true });
  writeFileSync(join(home.folder, 'nginx/local/redirect.conf'), part);
  const gateway = await startGateway(name, { pages: ['127.0.0.1:9'] }, home.folder);
  const stop = async () => {
    await gateway.stop();
    home.remove();
  };
  return { url: gateway.url, stop };
}

/** HAProxy with `tls.cfg` alone: its other frontend is in `haproxy.cfg`. */
async function haproxyRedirect(): Promise<Redirect> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-redirect-'));
  const port = await freePort();
  const file = join(folder, 'tls.cfg');
  writeFileSync(file, text('haproxy/tls/tls.cfg').replace('bind :8080', `bind 127.0.0.1:${port}`));
  const child: ChildProcess = spawn('haproxy', ['-W', '-db', '-f', file], {
    ...{ cwd: join(root, 'haproxy'), stdio: 'ignore' },
    env: { ...process.env, HTTPS_PORT: '8443' },
  });
  const ended = once(child, 'exit');
  await eventually(async () => child.exitCode !== null || (await acceptsConnections(port)));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

// The HAProxy of Docker has its own test, in test/compose/haproxy/tls/.
const tested = testedGateways().filter((name) => kindOf(name) === 'nginx' || name === 'haproxy');

describe.each(tested)('the redirect of %s to https', (name) => {
  let redirect: Redirect | undefined;
  beforeAll(async () => {
    redirect = await (name === 'haproxy' ? haproxyRedirect() : nginxRedirect(name));
  }, 30_000);
  afterAll(() => redirect?.stop(), 30_000);
  const ask = (bytes: string) => sendRaw(redirect?.url ?? '', bytes, { hangUpAfterMs: 1_000 });

  it.each([
    ['a name', 'GET /pages/a?b=c%2F HTTP/1.1\r\nHost: Shop.example:80', 'https://shop.example:8443/pages/a?b=c%2F'],
    ['an address', 'POST /x HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 0', 'https://[::1]:8443/x'],
    ['a path that begins with a host', 'GET //evil.example/x HTTP/1.1\r\nHost: a', 'https://a:8443//evil.example/x'],
  ])('leads to %s', async (_what, head, location) => {
    const reply = await ask(`${head}\r\n\r\n`);
    expect(reply.status).toBe(308);
    expect(/^location: (.*)\r$/im.exec(reply.text)?.[1]).toBe(location);
  });

  it.each([
    ['without a Host', 'GET /x HTTP/1.0'],
    ['with an empty Host', 'GET /x HTTP/1.1\r\nHost: '],
    ['with two Hosts', 'GET /x HTTP/1.1\r\nHost: a\r\nHost: b'],
    ['whose Host has a user', 'GET /x HTTP/1.1\r\nHost: a@evil.example'],
    ['whose Host is no name', 'GET /x HTTP/1.1\r\nHost: a!b'],
    ['without a path', 'OPTIONS * HTTP/1.1\r\nHost: a'],
    ['for a tunnel', 'CONNECT a:443 HTTP/1.1\r\nHost: a'],
  ])('refuses a request %s', async (_what, head) => {
    const reply = await ask(`${head}\r\n\r\n`);
    // A tunnel is 405 from nginx 1.29 on.
    expect(head.startsWith('CONNECT') ? [400, 405] : [400]).toContain(reply.status);
    expect(reply.text).not.toMatch(/^location:/im);
  });
});
