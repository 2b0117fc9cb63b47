import { setTimeout as sleep } from 'node:timers/promises';
import { type CallRequest, createUpstream, type Reply, type Upstream, type UpstreamOptions } from '@parley/client';
import { PinnedProcess } from '../pinned-process.ts';

const together = 100;
const repetitions = 10_000;
const rounds = 10;

/** Shows what the cache of the client saves and costs: requests of the service, time without it, CPU of a call. */
export async function main(): Promise<void> {
  const origin = new PinnedProcess(new URL('./origin.ts', import.meta.url), [], 1);
  const port = await origin.receive();
  const open = (options: Partial<UpstreamOptions>) => createUpstream('origin', `http://127.0.0.1:${port}`, options);
  const cached = open({ cache: true });
  const plain = open({});
  const requests = async (path: string) => Number(await origin.ask(path));
  try {
    await atOnce(cached, '/brief/7');
    console.log(line(`${together} calls at once, nothing stored: requests`, await requests('/brief/7')));
    await sleep(1100);
    const stale = await atOnce(cached, '/brief/7');
    await sleep(200);
    const stillFine = stale.filter((reply) => cacheStatus(reply).includes('hit')).length;
    console.log(line(`${together} calls at once, stale: further requests`, (await requests('/brief/7')) - 1));
    console.log(line('  of them answered at once', stillFine));
    await cost(plain, cached);
    await cached.send(get('/kept/7'));
    await origin.close();
    await outage(cached);
  } finally {
    await origin.close();
    await Promise.all([cached.close(), plain.close()]);
  }
}

/** CPU of a call in this process, in µs: the least of some rounds, all kinds in turn. What other processes disturb is not the client's. */
async function cost(plain: Upstream, cached: Upstream): Promise<void> {
  const kinds = {
    'no cache, over loopback': () => plain.send(get('/never/7')),
    'cache, nothing may be stored, over loopback': () => cached.send(get('/never/7')),
    'cache, hit': () => cached.send(get('/fresh/7')),
  };
  const least = new Map<string, number>();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, call] of Object.entries(kinds)) {
      const spent = await microseconds(call);
      if (round > 0) least.set(name, Math.min(spent, least.get(name) ?? spent)); // the first one warms up
    }
  }
  for (const [name, spent] of least) console.log(line(`${name}: CPU of a call, µs`, spent));
}

/** How long a service that was killed is stood in for. */
async function outage(cached: Upstream): Promise<void> {
  const killed = performance.now();
  await sleep(1100);
  let [served, marked] = [0, 0];
  for (;;) {
    try {
      const reply = await cached.send(get('/kept/7'));
      served++;
      if (/hit; ttl=-\d+; detail=/.test(cacheStatus(reply))) marked++;
    } catch {
      break;
    }
    await sleep(100);
  }
  const seconds = (performance.now() - killed) / 1000;
  console.log(line('service killed; stale-if-error=4 after max-age=1: answered for, s', seconds));
  console.log(line('  replies that were marked, of all, %', (100 * marked) / served));
}

function get(path: string): CallRequest {
  return { label: 'GET /{policy}/{id}', method: 'GET', path, headers: {}, safety: 'safe' };
}

function atOnce(upstream: Upstream, path: string): Promise<Reply[]> {
  return Promise.all(Array.from({ length: together }, () => upstream.send(get(path))));
}

function cacheStatus({ headers }: Reply): string {
  return String(headers['cache-status'] ?? '');
}

/** With 50 calls in flight, as in `npm run bench -- client`. */
async function microseconds(call: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  const worker = async () => {
    for (let n = 0; n < repetitions / 50; n++) await call();
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / repetitions;
}

function line(what: string, value: number): string {
  return `${what.padEnd(72)} ${(Number.isInteger(value) ? String(value) : value.toFixed(2)).padStart(8)}`;
}
