import { execFile } from 'node:child_process';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Agent, fetch } from 'undici';
import { eventually } from '../../../eventually.ts';
import { freePort } from '../../../running-house.ts';
import { root } from '../../../source-files.ts';
import { startCalls } from '../../../steady-load.ts';

const run = promisify(execFile);
const ca = join(root, 'certs/ca.crt');
const files = ['', '.tls', '.haproxy', '.haproxy.tls'].flatMap((kind) => ['-f', `docker-compose${kind}.yml`]);
let port: number;
let plainPort: number;
let environment: NodeJS.ProcessEnv;

const compose = async (...args: string[]) =>
  (await run('docker', ['compose', '-p', 'parley-haproxy-tls', ...files, ...args], { cwd: root, env: environment }))
    .stdout;

/** What curl prints, from outside, with our CA. */
const curl = async (path: string, ...args: string[]) =>
  (await run('curl', ['-sS', '--cacert', ca, ...args, `https://localhost:${port}${path}`])).stdout;

/** The same without TLS. */
const plain = async (path: string, ...args: string[]) =>
  (await run('curl', ['-sS', ...args, `http://localhost:${plainPort}${path}`])).stdout;

beforeAll(async () => {
  port = await freePort();
  plainPort = await freePort();
  environment = { ...process.env, PORT: String(port), HTTP_PORT: String(plainPort) };
  await run('npm', ['run', 'certs'], { cwd: root });
  await compose('up', '--build', '--detach', '--wait', '--wait-timeout', '300');
}, 400_000);

afterAll(() => compose('down', '--volumes', '--timeout', '1'), 60_000);

describe('HAProxy 3.2 with TLS in compose', () => {
  it('speaks HTTP/2 over TLS to clients, and HTTP/1.1 to those that know no other', async () => {
    const shown = ['-o', '/dev/null', '-w', '%{http_code} %{http_version}'];
    expect(await curl('/api/greetings/fr', ...shown)).toBe('200 2');
    expect(await curl('/api/greetings/fr', '--http1.1', ...shown)).toBe('200 1.1');
  });

  it.each([
    ['TLS 1.1', ['--tlsv1.0', '--tls-max', '1.1']],
    ['CBC', ['--tls-max', '1.2', '--ciphers', 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384']],
  ])('refuses %s', async (_what, options) => {
    await expect(curl('/api/hello', ...options)).rejects.toThrow(/alert|unsupported protocol|no protocols/);
  });

  it('tells browsers to ask for https alone, in answers of services and its own', async () => {
    for (const path of ['/api/hello', '/nowhere']) {
      expect(await curl(path, '-o', '/dev/null', '-D', '-')).toMatch(
        /^strict-transport-security: max-age=31536000\r$/im,
      );
    }
  });

  it('leads a client without TLS to the same path and query, with its method', async () => {
    const head = await plain('/api/hello?name=Ada', '-X', 'POST', '-o', '/dev/null', '-D', '-');
    expect(head).toMatch(/^HTTP\/1\.1 308 /);
    expect(head).toContain(`\r\nlocation: https://localhost:${port}/api/hello?name=Ada\r\n`);
    const followed = await plain('/api/hello?name=Ada', '-L', '--cacert', ca);
    expect(JSON.parse(followed)).toEqual({ message: 'Hello, Ada!' });
    for (const host of ['a/b', 'a~b']) {
      const refused = JSON.parse(await plain('/', '-H', `Host: ${host}`));
      expect(refused).toMatchObject({ status: 400, cause: 'malformed_request' });
    }
  });

  it('reaches services that take no caller without a certificate', async () => {
    expect(JSON.parse(await curl('/api/hello?name=Ada&language=fr'))).toEqual({ message: 'Bonjour, Ada !' });
    const visit = await curl('/api/visits', '-H', 'content-type: application/json', '-d', '{"name":"Ada"}');
    expect(JSON.parse(visit)).toMatchObject({ name: 'Ada', message: 'Hello, Ada!' });
    const call = "fetch('https://greetings:3000/api/greetings/fr').then(() => process.exit(0), () => process.exit(3))";
    const stranger = compose('exec', '-T', '-e', 'NODE_TLS_REJECT_UNAUTHORIZED=0', 'hello', 'node', '-e', call);
    await expect(stranger).rejects.toMatchObject({ code: 3 });
  });

  it('refuses with a problem over HTTP/2 too', async () => {
    const answer = JSON.parse(await curl('/api/visits/..%2Fx'));
    expect(answer).toMatchObject({ status: 400, cause: 'malformed_request' });
    const limited = JSON.parse(await curl('/api/hello', '-X', 'DELETE'));
    expect(limited).toMatchObject({ status: 405, cause: 'method_refused' });
  });

  it('loses no GET and no keyed POST while a replica is killed', async () => {
    const dispatcher = new Agent({ connect: { ca: await readFile(ca) } });
    const keyed = (n: number) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `"kill-${n}"` },
      body: '{"name":"Ada"}',
    });
    const load = startCalls(50, async (n) => {
      const [path, init] = n % 2 ? ['/api/greetings/fr', {}] : ['/api/visits', keyed(n)];
      const answer = await fetch(`https://localhost:${port}${path}`, { ...init, dispatcher }).catch(String);
      const text = typeof answer === 'string' ? answer : `${answer.status} ${await answer.text()}`;
      return /^20[01] /.test(text) ? undefined : text;
    });
    await wait(1_000);
    for (const service of ['greetings', 'guestbook']) {
      const [container = ''] = (await compose('ps', '-q', service)).split('\n');
      await run('docker', ['kill', '-s', 'KILL', container]);
      await wait(2_000);
      await run('docker', ['start', container]);
    }
    const { sent, lost } = await load.stop();
    await dispatcher.close();
    expect(lost).toEqual({});
    expect(sent).toBeGreaterThan(200);
  });

  it('takes renewed certificates up without a restart', async () => {
    const certificate = async () => (await curl('/api/hello', '-o', '/dev/null', '-w', '%{certs}')).trim();
    const before = await certificate();
    for (const name of ['gateway', 'hello']) await rm(join(root, 'certs', name, 'tls.crt'));
    await run('npm', ['run', 'certs'], { cwd: root });
    // A worker that reloads may close a connection that has just been made: curl, unlike the SDK, doesn't ask again.
    const isRenewed = async () => (await certificate().catch(() => before)) !== before;
    await eventually(isRenewed, 3_000);
    expect(JSON.parse(await curl('/api/hello'))).toEqual({ message: 'Hello, World!' });
  });

  it("passes no request to a service that has another one's certificate", async () => {
    const own = (name: string) => ['tls.crt', 'tls.key'].map((file) => join(root, 'certs', name, file));
    const [crt = '', key = ''] = own('greetings');
    const [otherCrt = '', otherKey = ''] = own('hello');
    try {
      await copyFile(otherCrt, crt);
      await copyFile(otherKey, key);
      await compose('restart', 'greetings', 'gateway');
      const answer = await eventually(() => curl('/api/greetings/fr').catch(() => undefined));
      expect(JSON.parse(answer)).toMatchObject({ status: 503, upstream: 'greetings' });
      expect(JSON.parse(await curl('/api/hello'))).toEqual({ message: 'Hello, World!' });
    } finally {
      await rm(crt);
      await run('npm', ['run', 'certs'], { cwd: root });
    }
  });
});
