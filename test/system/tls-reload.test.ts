import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createAuthority, issue, type KeyPair } from '../../certificates/authority.ts';
import { eventually } from '../eventually.ts';
import { describeWith } from '../needs.ts';
import { freePort } from '../running-system.ts';
import { root } from '../source-files.ts';

let folder: string;
let port: number;
let nginx: ChildProcess;
let said: string;
let authority: KeyPair;

const newPair = () => issue(authority, { names: ['127.0.0.1'], validDays: 1 });

/** Replaces a file as a renewal does: whole or not at all. */
async function put(name: string, text: string): Promise<void> {
  await writeFile(join(folder, 'tls', 'new'), text);
  await rename(join(folder, 'tls', 'new'), join(folder, 'tls', name));
}

const serial = ({ cert }: KeyPair) => new X509Certificate(cert).serialNumber;
const isServed = (pair: KeyPair) => eventually(async () => (await served()) === serial(pair));

/** The serial number of the certificate that a new connection sees; none where there is no connection. */
async function served(): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port, ca: authority.cert });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerX509Certificate()?.serialNumber;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-tls-'));
  await chmod(folder, 0o755); // as root, nginx's workers run as somebody else
  for (const name of ['etc/tls', 'tls']) await mkdir(join(folder, name), { recursive: true });
  port = await freePort();
  authority = await createAuthority('test CA', 1);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const paths = temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  const server = 'server { include listen.conf; include routes.conf; }';
  const http = `http { access_log off; ${paths} ${server} }`;
  const pair = `ssl_certificate ${folder}/tls/tls.crt; ssl_certificate_key ${folder}/tls/tls.key;`;
  await writeFile(join(folder, 'etc/nginx.conf'), `error_log stderr; events {} ${http}`);
  await writeFile(join(folder, 'etc/routes.conf'), 'location / { return 204; }');
  await writeFile(join(folder, 'etc/tls/listen.conf'), `listen 127.0.0.1:${port} ssl; ${pair}`);
});
afterEach(async () => {
  if (nginx.exitCode === null && nginx.signalCode === null) {
    nginx.kill('SIGTERM'); // SIGKILL would leave its workers behind
    await once(nginx, 'exit');
  }
  nginx.stderr?.destroy(); // the loop has it open for five seconds more
  await rm(folder, { recursive: true });
});

/** Runs nginx/tls/start.sh, with the container's folders in a temporary one. */
async function start(pair: KeyPair): Promise<void> {
  await put('tls.crt', pair.cert);
  await put('tls.key', pair.key);
  await put('ca.crt', authority.cert);
  const script = (await readFile(join(root, 'nginx/tls/start.sh'), 'utf8'))
    .replaceAll('/etc/nginx', `${folder}/etc`)
    .replaceAll('/tmp/nginx', `${folder}/nginx`)
    .replaceAll('/run/tls', `${folder}/tls`);
  await writeFile(join(folder, 'start.sh'), script);
  nginx = spawn('sh', [join(folder, 'start.sh')], { stdio: ['ignore', 'ignore', 'pipe'] });
  said = '';
  nginx.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  await isServed(pair);
}

describeWith('nginx')('nginx/tls/start.sh', () => {
  it('takes a renewed certificate up without a restart, and none that its key does not fit', async () => {
    const [old, fresh] = [await newPair(), await newPair()];
    await start(old);
    await put('tls.crt', fresh.cert);
    await eventually(() => /key values mismatch/.test(said));
    expect(await served()).toBe(serial(old));
    await put('tls.key', fresh.key);
    await isServed(fresh);
  }, 40_000);

  it.each(['SIGTERM', 'SIGQUIT'] as const)(
    'lets %s end nginx at once, and ends with its exit code',
    async (signal) => {
      await start(await newPair());
      const sentAt = performance.now();
      nginx.kill(signal);
      expect(await once(nginx, 'exit')).toEqual([0, null]);
      expect(performance.now() - sentAt).toBeLessThan(2_000);
    },
    20_000,
  );

  it('leaves no process behind', async () => {
    await start(await newPair());
    nginx.kill('SIGTERM');
    // The loop has the same standard error: it is closed when the last of them is gone.
    await once(nginx, 'close');
  }, 20_000);
});
