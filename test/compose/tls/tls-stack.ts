import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../../eventually.ts';
import { freePort } from '../../running-system.ts';
import { root } from '../../source-files.ts';

export const run = promisify(execFile);
export const ca = join(root, 'certs/ca.crt');

/** A stack in which every hop is TLS. */
export interface TlsStack {
  /** `https://localhost:PORT`. Only within tests. */
  readonly url: string;
  /** Runs Compose, and gives what it printed. */
  compose(...args: string[]): Promise<string>;
  /** What curl prints, from outside, with our CA. */
  curl(path: string, ...args: string[]): Promise<string>;
  /** The same without TLS. */
  plain(path: string, ...args: string[]): Promise<string>;
}

/** Makes certificates and starts the stack before the tests of a file, and stops it after them. @param kinds of compose files: `.tls` for `docker-compose.tls.yml` */
export function withTlsStack(project: string, kinds: readonly string[]): TlsStack {
  const files = ['', ...kinds].flatMap((kind) => ['-f', `docker-compose${kind}.yml`]);
  let [port, plainPort] = [0, 0];
  const stdout = async (command: string, args: string[]) => {
    const env = { ...process.env, PORT: String(port), HTTP_PORT: String(plainPort) };
    return (await run(command, args, { cwd: root, env })).stdout;
  };
  const stack: TlsStack = {
    get url() {
      return `https://localhost:${port}`;
    },
    compose: (...args) => stdout('docker', ['compose', '-p', project, ...files, ...args]),
    curl: (path, ...args) => stdout('curl', ['-sS', '--cacert', ca, ...args, stack.url + path]),
    plain: (path, ...args) => stdout('curl', ['-sS', ...args, `http://localhost:${plainPort}${path}`]),
  };
  beforeAll(async () => {
    [port, plainPort] = [await freePort(), await freePort()];
    await makeCertificates();
    await stack.compose('up', '--build', '--detach', '--wait', '--wait-timeout', '300');
  }, 400_000);
  afterAll(() => stack.compose('down', '--volumes', '--timeout', '1'), 60_000);
  return stack;
}

/** Makes the certificates that are missing. */
export async function makeCertificates(): Promise<void> {
  await run('npm', ['run', 'certs'], { cwd: root });
}

/** What holds of a gateway with TLS, whichever it is. */
export function isTlsEdge(stack: TlsStack): void {
  const { curl, plain } = stack;

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
      const head = await curl(path, '-o', '/dev/null', '-D', '-');
      expect(head).toMatch(/^strict-transport-security: max-age=31536000\r$/im);
    }
  });

  it('leads a client without TLS to the same path and query, with its method', async () => {
    const path = '/api/hello?name=Ada%2F';
    const head = await plain(path, '-X', 'POST', '-o', '/dev/null', '-D', '-');
    expect(head).toMatch(/^HTTP\/1\.1 308 /);
    expect(/^location: (.*)\r$/im.exec(head)?.[1]).toBe(stack.url + path);
    expect(JSON.parse(await plain(path, '-L', '--cacert', ca))).toEqual({ message: 'Hello, Ada/!' });
  });

  it('reaches services that call each other with certificates', async () => {
    expect(JSON.parse(await curl('/api/hello?name=Ada&language=fr'))).toEqual({ message: 'Bonjour, Ada !' });
    const visit = await curl('/api/visits', '-H', 'content-type: application/json', '-d', '{"name":"Ada"}');
    expect(JSON.parse(visit)).toMatchObject({ name: 'Ada', message: 'Hello, Ada!' });
  });

  it('takes renewed certificates up without a restart', async () => {
    const certificate = async () => (await curl('/api/hello', '-o', '/dev/null', '-w', '%{certs}')).trim();
    const before = await certificate();
    for (const name of ['gateway', 'hello']) await rm(join(root, 'certs', name, 'tls.crt'));
    await makeCertificates();
    // A worker that reloads may close a connection that has just been made: curl, unlike the SDK, doesn't ask again.
    const isRenewed = async () => (await certificate().catch(() => before)) !== before;
    await eventually(isRenewed, 3_000);
    expect(JSON.parse(await curl('/api/hello'))).toEqual({ message: 'Hello, World!' });
  }, 60_000);
}
