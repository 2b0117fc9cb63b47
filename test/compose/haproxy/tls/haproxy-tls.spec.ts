import { copyFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Agent, fetch } from 'undici';
import { eventually } from '../../../eventually.ts';
import { root } from '../../../source-files.ts';
import { startCalls } from '../../../steady-load.ts';
import { ca, isTlsEdge, makeCertificates, run, withTlsStack } from '../../tls/tls-stack.ts';

const stack = withTlsStack('parley-haproxy-tls', ['.tls', '.haproxy', '.haproxy.tls']);
const { compose, curl, plain } = stack;

describe('HAProxy 3.2 with TLS in compose', () => {
  isTlsEdge(stack);

  it.each(['a/b', 'a~b'])('leads no client without TLS to a Host that is none: %s', async (host) => {
    const refused = JSON.parse(await plain('/', '-H', `Host: ${host}`));
    expect(refused).toMatchObject({ status: 400, cause: 'malformed_request' });
  });

  it('calls services that take no caller without a certificate', async () => {
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
      const answer = await fetch(`${stack.url}${path}`, { ...init, dispatcher }).catch(String);
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
      await makeCertificates();
    }
  });
});
