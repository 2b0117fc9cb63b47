import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeWith } from '../../needs.ts';
import { type RunningService, startService } from '../../running-service.ts';
import { type RunningSystem, startSystem } from '../../running-system.ts';
import { startCalls, startLoad } from '../../steady-load.ts';

const attacksPerSecond = 40;
const callsPerSecond = 20;
const forMs = 6_000;
const json = { 'content-type': 'application/json' };

interface Attack {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const filled = (bytes: number, unit: string) => unit.repeat(Math.floor(bytes / unit.length));
const members = (count: number) => Array.from({ length: count }, (_, n) => `"${n.toString(36)}":1`).join();
const visits = '/api/visits';
/** The worst that a request may hold, each as large as it gets through the gateway and the service's own limits. */
const attacks: readonly Attack[] = [
  { path: `${visits}?${filled(6_900, 'a&')}` },
  { path: `${visits}?${filled(6_900, 'limit=1&')}` },
  { path: `${visits}?${filled(6_900, '%61=+&')}` },
  { path: `/api/${filled(6_900, '%2F')}` },
  { path: visits, headers: { 'x-request-timeout-ms': '0' } },
  { path: visits, headers: { 'x-request-timeout-ms': '1' } },
  { path: visits, headers: { 'x-request-timeout-ms': '-1' } },
  { path: visits, headers: { 'x-request-timeout-ms': 'NaN' } },
  {
    path: visits,
    headers: { 'if-none-match': filled(6_000, '"a--br",'), 'accept-encoding': filled(6_000, 'br;q=0,') },
  },
  { path: visits, headers: { tracestate: filled(6_000, 'a=b,'), 'accept-language': filled(6_000, 'a;q=0,') } },
  { path: visits, headers: { 'x-forwarded-for': filled(6_000, '1.1.1.1,'), 'cache-control': filled(6_000, ', ') } },
  { path: visits, headers: json, body: `{"name":"a",${members(100_000)}}` },
  { path: visits, headers: json, body: `{"name":"a","x":[${filled(1_000_000, '{},')}{}]}` },
  { path: visits, headers: json, body: `{"name":"a","x":[${filled(1_000_000, '1,')}1]}` },
  { path: visits, headers: json, body: `{${filled(1_000_000, '"__proto__":{},')}"name":"a"}` },
  { path: visits, headers: json, body: filled(1_000_000, '[') },
  { path: visits, headers: json, body: `{"name":"${filled(1_000_000, '\\u0041')}"}` },
  {
    path: visits,
    headers: json,
    body: `{"name":"${filled(12_000, ' ')}\\u0007","note":"${filled(3_000, '\\n')}\\u0007"}`,
  },
  { path: visits, headers: json, body: `{"name":"a","x":[${filled(12_000, '[],')}[]]}` },
  { path: visits, headers: { ...json, 'idempotency-key': `"${filled(6_000, '\\"')}"` }, body: '{"name":"a"}' },
];

const agent = new Agent({ keepAlive: true });
afterAll(() => agent.destroy());

/** Sends one, and gives the status that came; never rejects. */
function send(url: string, { path, headers = {}, body }: Attack): Promise<string> {
  return new Promise((resolve) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(url + path, { agent, method, headers: { ...headers, ...length } }, (reply) => {
      reply.resume().on('close', () => resolve(String(reply.statusCode)));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end(body);
  });
}

/** Attacks for a while, and tells what became of another caller's requests meanwhile. */
async function attack(url: string) {
  const answers: Record<string, number> = {};
  const attacker = startCalls(attacksPerSecond, async (n) => {
    const status = await send(url, attacks[n % attacks.length] as Attack);
    answers[status] = (answers[status] ?? 0) + 1;
    return undefined;
  });
  const caller = startLoad(url, { perSecond: callsPerSecond, request: () => ({ path: `${visits}?limit=5` }) });
  await pause(forMs);
  const report = await caller.stop();
  const { sent } = await attacker.stop();
  return { ...report, attacks: sent, answers };
}

function expectServed({ sent, lost, answers }: Awaited<ReturnType<typeof attack>>): void {
  const failed = Object.values(lost).reduce((sum, count) => sum + count, 0);
  expect(sent).toBeGreaterThan((callsPerSecond * forMs) / 2_000);
  expect(failed).toBeLessThanOrEqual(sent * 0.01);
  // Every attack is answered for what it is: no 5xx but 504 for whoever leaves no time, and no broken connection of a GET.
  expect(Object.keys(answers).filter((status) => /^5/.test(status) && status !== '504')).toEqual([]);
}

describe('a service that gets the costliest input 40 times a second', () => {
  let hello: RunningService;
  let guestbook: RunningService;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guestbook-'));
    // It is not called, since no attack gets as far.
    hello = await startService('hello', { GREETINGS_URL: 'http://127.0.0.1:9' });
    guestbook = await startService('guestbook', { HELLO_URL: hello.url, DATA_DIR: folder });
  }, 60_000);
  afterAll(async () => {
    await guestbook?.stop();
    await hello?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 30_000);

  it('serves another caller', async () => {
    const report = await attack(guestbook.url);
    console.info(`directly: ${JSON.stringify(report)}`);
    expectServed(report);
  }, 60_000);
});

describeWith('nginx')('the services behind nginx under the same', () => {
  let system: RunningSystem | undefined;
  beforeAll(async () => {
    system = await startSystem('--gateway', 'nginx');
  }, 60_000);
  afterAll(async () => {
    await system?.stop();
  }, 30_000);

  it('serve another caller', async () => {
    const report = await attack(system?.url ?? '');
    console.info(`behind nginx: ${JSON.stringify(report)}`);
    expectServed(report);
  }, 60_000);
});
