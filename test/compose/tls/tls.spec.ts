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
  const port = await freePort();
  url = `https://localhost:${port}`;
  environment = { ...process.env, PORT: String(port) };
  await run('npm', ['run', 'certs'], { cwd: root });
  await compose('up', '--build', '--detach', '--wait', '--wait-timeout', '300');
}, 400_000);

afterAll(() => compose('down', '--volumes', '--timeout', '1'), 60_000);

describe('every hop', () => {
  it('speaks HTTP/2 over TLS to clients', async () => {
    expect(await curl('/api/greetings/fr', '-o', '/dev/null', '-w', '%{http_code} %{http_version}')).toBe('200 2');
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
