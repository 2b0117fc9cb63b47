import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gatewayCauses } from '../../../packages/local/src/gateways/gateway-causes.ts';
import { eventually } from '../../eventually.ts';
import { freePort } from '../../free-port.ts';
import { sendRawForAnswers } from '../../send-raw.ts';
import { root } from '../../source-files.ts';

const run = promisify(execFile);
const traceId = '0af7651916cd43dd8448eb211c80319c';
let url: string;
let port: number;
let environment: NodeJS.ProcessEnv;

const docker = async (...args: string[]) =>
  (await run('docker', args, { cwd: root, env: environment, maxBuffer: 16 * 1024 * 1024 })).stdout.trim();
const compose = (...args: string[]) =>
  docker('compose', '-p', 'parley-haproxy', '-f', 'docker-compose.yml', '-f', 'docker-compose.haproxy.yml', ...args);
const containersOf = async (service: string) => (await compose('ps', '-q', service)).split('\n').filter(Boolean);

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const reply = await fetch(url + path, init);
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, body: text ? JSON.parse(text) : {} };
}

/** Names under which replicas greeted, by the lines of HAProxy's access log. */
async function endpoints(): Promise<Set<string>> {
  const lines = (await compose('logs', '--no-log-prefix', '--since', '2s', 'gateway')).split('\n');
  const parsed = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  return new Set(
    parsed.filter(({ upstream, status }) => upstream === 'greetings' && status === 200).map((one) => one.endpoint),
  );
}

/** Asks 50 times a second until it is stopped; counts the answers. */
function steadily(send: (n: number) => Promise<Answer>) {
  const endings: Record<string, number> = {};
  const pending: Promise<void>[] = [];
  let n = 0;
  const timer = setInterval(() => {
    const one = send(n++).then(
      ({ status, body }) => (status < 400 ? `${status}` : `${status} ${body.cause}`),
      (error: Error) => `${error.message} ${(error.cause as Error | undefined)?.message}`,
    );
    const count = (ending: string) => {
      endings[ending] = (endings[ending] ?? 0) + 1;
    };
    pending.push(one.then(count));
  }, 20);
  return async () => {
    clearInterval(timer);
    await Promise.all(pending);
    return endings;
  };
}

beforeAll(async () => {
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
  environment = { ...process.env, PORT: String(port) };
  await compose('up', '--build', '--detach', '--wait', '--wait-timeout', '300');
}, 400_000);

afterAll(() => compose('down', '--volumes', '--timeout', '1'), 60_000);

describe('HAProxy 3.2 in compose', () => {
  it('leads to every service, and gives each answer the id of its request', async () => {
    expect((await ask('/api/greetings/fr')).status).toBe(200);
    const said = await ask('/api/hello?name=Ada', { headers: { 'x-request-id': 'mine' } });
    expect([said.status, said.headers.get('x-request-id')]).toEqual([200, 'mine']);
    const headers = { 'content-type': 'application/json', 'idempotency-key': '"one"' };
    expect((await ask('/api/visits', { method: 'POST', headers, body: '{"name":"Ada"}' })).status).toBe(201);
  });

  it.each([
    ['no HTTP', 'GARBAGE\r\n\r\n', 400, 'malformed_request'],
    ['a long URL', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414, 'url_too_long'],
    ['a large header', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['the operators’ path', 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404, 'no_route'],
    ['a path that climbs', 'GET /api/visits/..%2Fx HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'malformed_request'],
    ['a large body', 'POST /api/visits HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n', 413, 'too_large'],
  ] as const)('refuses with a problem: %s', async (_what, bytes, status, cause) => {
    const [answer] = await sendRawForAnswers(port, bytes, 1);
    expect(answer?.head).toMatch(/^content-type: application\/problem\+json/im);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ status, cause, detail: gatewayCauses[cause].detail });
  });

  it('writes no query into its log, and the trace of each request', async () => {
    await ask('/api/hello?name=secret', { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    const lines = (await compose('logs', '--no-log-prefix', 'gateway')).split('\n');
    expect(lines.filter((line) => line.includes('secret'))).toEqual([]);
    const [line = '{}'] = lines.filter((one) => one.includes(traceId));
    expect(JSON.parse(line)).toMatchObject({
      method: 'GET',
      path: '/api/hello',
      status: 200,
      upstream: 'hello',
      endpoint: expect.stringMatching(/^[\d.]+:3000$/),
      milliseconds: { response: expect.any(Number) },
    });
  });

  it('loses no GET and no keyed POST while a replica is killed', async () => {
    const stop = steadily((n) =>
      n % 2
        ? ask('/api/greetings/fr')
        : ask('/api/visits', {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'idempotency-key': `"kill-${n}"` },
            body: '{"name":"Ada"}',
          }),
    );
    await wait(1_000);
    for (const service of ['greetings', 'guestbook']) {
      const [container = ''] = await containersOf(service);
      await docker('kill', '-s', 'KILL', container);
      await wait(2_000);
      await docker('start', container);
    }
    await wait(2_000);
    const endings = await stop();
    console.info(`killed under load: ${JSON.stringify(endings)}`);
    expect(Object.keys(endings).sort()).toEqual(['200', '201']);
  });

  it('follows a service that is scaled, within 3 s', async () => {
    await compose('up', '--detach', '--wait', '--no-recreate', '--scale', 'greetings=4', 'greetings');
    const stop = steadily(() => ask('/api/greetings/fr'));
    // HAProxy has 3 s, and the log is looked at for 2 s.
    const isFollowed = async (count: number) => {
      const startMs = performance.now();
      await eventually(async () => (await endpoints()).size === count, 100);
      expect(performance.now() - startMs).toBeLessThan(6_000);
    };
    await isFollowed(4);
    await compose('up', '--detach', '--no-recreate', '--scale', 'greetings=2', 'greetings');
    await isFollowed(2);
    expect(await stop()).toEqual({ 200: expect.any(Number) });
  });

  it('answers for a service whose name does not resolve with 503, for that one alone, and heals', async () => {
    await compose('stop', '--timeout', '1', 'hello', 'gateway');
    await compose('up', '--detach', '--no-deps', '--wait', 'gateway');
    // Not at once: a kept connection may be one to the gateway that was.
    const gone = await eventually(() =>
      ask('/api/hello', { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } }).catch(() => undefined),
    );
    expect(gone.headers.get('retry-after')).toBe('1');
    expect(gone.body).toMatchObject({ status: 503, cause: 'no_live_upstream', upstream: 'hello', traceId });
    expect((await ask('/api/greetings/fr')).status).toBe(200);
    await compose('start', 'hello');
    await eventually(async () => (await ask('/api/hello')).status === 200, 3_000);
  });
});
