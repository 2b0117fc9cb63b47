import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../eventually.ts';
import { freePort } from '../../running-house.ts';
import { root } from '../../source-files.ts';

const run = promisify(execFile);
const ca = join(root, 'certs/ca.crt');
let url: string;
let plainUrl: string;
let environment: NodeJS.ProcessEnv;

const compose = (...args: string[]) =>
  run('docker', ['compose', '-p', 'parley-tls', '-f', 'docker-compose.yml', '-f', 'docker-compose.tls.yml', ...args], {
    cwd: root,
    env: environment,
  });

/** What curl prints, from outside, with our CA. */
const curl = async (path: string, ...args: string[]) =>
  (await run('curl', ['-sS', '--cacert', ca, ...args, url + path])).stdout;

/** What curl prints in the gateway's container, where the services are in reach. */
const inside = async (...args: string[]) =>
  (await compose('exec', '-T', 'gateway', 'curl', '-sS', '-m', '5', '--cacert', '/run/tls/ca.crt', ...args)).stdout;

beforeAll(async () => {
  const [port, plainPort] = [await freePort(), await freePort()];
  url = `https://localhost:${port}`;
  plainUrl = `http://localhost:${plainPort}`;
  environment = { ...process.env, PORT: String(port), HTTP_PORT: String(plainPort) };
  await run('npm', ['run', 'certs'], { cwd: root });
  await compose('up', '--build', '--detach', '--wait', '--wait-timeout', '300');
}, 400_000);

afterAll(() => compose('down', '--volumes', '--timeout', '1'), 60_000);

describe('every hop', () => {
  it('speaks HTTP/2 over TLS to clients', async () => {
    expect(await curl('/api/greetings/fr', '-o', '/dev/null', '-w', '%{http_code} %{http_version}')).toBe('200 2');
  });

  it('tells browsers to ask for https alone, in answers of services and its own', async () => {
    for (const path of ['/api/hello', '/nowhere']) {
      const head = await curl(path, '-o', '/dev/null', '-D', '-');
      expect(head).toMatch(/^strict-transport-security: max-age=31536000\r$/im);
    }
  });

  it('leads a client without TLS to the same path and query, with its method', async () => {
    const plain = async (...args: string[]) =>
      (await run('curl', ['-sS', ...args, `${plainUrl}/api/hello?name=Ada%2F`])).stdout;
    const head = await plain('-X', 'POST', '-o', '/dev/null', '-D', '-');
    expect(head).toMatch(/^HTTP\/1\.1 308 /);
    expect(head).toMatch(new RegExp(`^location: ${url}/api/hello\\?name=Ada%2F\r$`, 'im'));
    expect(JSON.parse(await plain('-L', '--cacert', ca))).toEqual({ message: 'Hello, Ada/!' });
  });

  it.each([
    ['TLS 1.1', ['--tlsv1.0', '--tls-max', '1.1']],
    ['CBC', ['--tls-max', '1.2', '--ciphers', 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384']],
  ])('refuses %s', async (_what, options) => {
    await expect(curl('/api/hello', ...options)).rejects.toThrow(/alert|unsupported protocol|no protocols/);
  });

  it('calls with a certificate from service to service', async () => {
    expect(JSON.parse(await curl('/api/hello?name=Ada&language=fr'))).toEqual({ message: 'Bonjour, Ada !' });
    const visit = await curl('/api/visits', '-H', 'content-type: application/json', '-d', '{"name":"Ada"}');
    expect(JSON.parse(visit)).toMatchObject({ name: 'Ada', message: 'Hello, Ada!' });
  });

  it.each(['greetings', 'hello', 'guestbook'])('lets no client without a certificate call %s', async (service) => {
    await expect(inside(`https://${service}:3000/`)).rejects.toThrow(/certificate required|alert/);
    await expect(inside(`http://${service}:3000/`)).rejects.toThrow();
  });

  it('speaks HTTP/2 to a caller with a certificate', async () => {
    const certificate = ['--cert', '/run/tls/tls.crt', '--key', '/run/tls/tls.key'];
    const answer = await inside(...certificate, '-w', ' %{http_version}', 'https://hello:3000/api/hello');
    expect(answer).toBe('{"message":"Hello, World!"} 2');
  });

  it('takes renewed certificates up without a restart, the gateway too', async () => {
    const certificate = async () => (await curl('/api/hello', '-o', '/dev/null', '-w', '%{certs}')).trim();
    const before = await certificate();
    for (const name of ['gateway', 'hello']) await rm(join(root, 'certs', name, 'tls.crt'));
    await run('npm', ['run', 'certs'], { cwd: root });
    // A worker that reloads says GOAWAY to a connection that has just been made: curl, unlike the SDK, doesn't ask again.
    const isRenewed = async () => (await certificate().catch(() => before)) !== before;
    await eventually(isRenewed, 3_000);
    expect(JSON.parse(await curl('/api/hello'))).toEqual({ message: 'Hello, World!' });
  }, 60_000);
});
