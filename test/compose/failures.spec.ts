import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, expectProblem, post } from '../public-api.ts';
import { type CallsReport, capacityOf, type LoadReport, type SteadyLoad, startLoad } from '../steady-load.ts';
import { baseUrl, compose, containersOf, crash, docker, eventually, isHealthy, services, start } from './stack.ts';

const paths = ['/api/greetings/fr', '/api/hello?name=Ada&language=fr', '/api/visits?limit=1'];
const get = (n: number) => ({ path: paths[n % paths.length] ?? '' });
const visit = { method: 'POST', path: '/api/visits', body: { name: 'Ada' } };
/** The load to bear: REQUESTS_PER_SECOND, or 100 requests a second where that is no more than a quarter of what this machine serves. */
let perSecond: number;
/** How often a replica is killed, or a service scaled. */
const rounds = process.env.NIGHTLY ? 4 : 2;
/** The services that are scaled under load: the one with a database, or all of them. */
const scaled = process.env.SCALE_ALL ? services : ['guestbook'];
const keyedVisit = () => ({ ...visit, headers: { 'idempotency-key': `"${randomUUID()}"` } });
// A third of them writes: with a key, so that a replica that has seen one and is gone is no reason to lose it.
const mixed = (n: number) => (n % 3 === 0 ? keyedVisit() : get(n));

// While replicas start, their machine has little left, and the others may shed.
const repeatsShed = true;

beforeAll(async () => {
  perSecond = await bearable();
});

/** The load to bear, by what the replicas that run now serve. */
async function bearable(): Promise<number> {
  const asked = Number(process.env.REQUESTS_PER_SECOND);
  if (asked) return asked;
  const capacity = await capacityOf(baseUrl(), mixed);
  const rate = Math.min(100, Math.floor(capacity / 4));
  console.info(`${Math.round(capacity)} requests a second are served: tested with ${rate}`);
  return rate;
}

afterEach(async () => {
  await compose('up', '--detach', '--no-build', '--wait');
});

describe.each(services)('a replica of %s', (service) => {
  it('can be killed again and again under load, and no GET is lost', async () => {
    const since = new Date();
    const load = startLoad(baseUrl(), { perSecond, request: get, repeatsShed });
    for (let round = 0; round < rounds; round++) {
      const replicas = await containersOf(service);
      const victim = replicas[round % replicas.length] ?? '';
      // The one that was started last must be known to the gateway, or all that it knows are gone: nginx/host.conf.
      await delay(3000);
      await docker('kill', '--signal', 'KILL', victim);
      await delay(1500);
      await start(victim);
    }
    await delay(500);
    const report = await load.stop();
    console.info(`${service}: ${JSON.stringify(report)}`);
    if (lostOf(report) > 0) console.info(await failuresInGatewayLog(since));
    expect(report.lost).toEqual({});
    expect(report.sent).toBeGreaterThan(5 * perSecond);
  });

  it('can be replaced while people read and write, and nothing is lost', async () => {
    const since = new Date();
    const written = new Set<string>();
    const load = startLoad(baseUrl(), {
      perSecond: 60,
      repeatsShed,
      request: (n) => (n % 3 === 0 ? visit : get(n)),
      onSuccess: (body) => {
        const { id } = JSON.parse(body);
        if (id) written.add(id);
      },
    });
    for (const replica of await containersOf(service)) {
      await delay(500);
      await docker('stop', replica);
      await start(replica);
    }
    await delay(500);
    const report = await load.stop();
    if (lostOf(report) > 0) console.info(await failuresInGatewayLog(since));
    expect(report.lost).toEqual({});
    expect(written.size).toBeGreaterThan(50);
    expect(await missing(written)).toEqual([]);
  });
});

describe.each(scaled)('%s with three replicas under load', (service) => {
  const scale = async (count: number) => {
    await compose(
      'up',
      '--detach',
      '--no-build',
      '--no-recreate',
      '--no-deps',
      '--scale',
      `${service}=${count}`,
      service,
    );
    // Starting under load may take longer than `--wait` puts up with.
    await eventually(async () => {
      const healthy = await Promise.all((await containersOf(service)).map(isHealthy));
      return healthy.length === count && !healthy.includes(false);
    }, 90_000);
  };

  /** Does something again and again under load, and gives what became of the requests. */
  async function under(load: SteadyLoad, label: string, round: (n: number) => Promise<void>): Promise<LoadReport> {
    const since = new Date();
    let report: LoadReport;
    try {
      for (let n = 0; n < rounds; n++) {
        await delay(1000);
        await round(n);
      }
      await delay(500);
    } finally {
      report = await load.stop();
      console.info(`${service}, ${label}: ${JSON.stringify(report)}`);
      if (lostOf(report) > 0) console.info(await failuresInGatewayLog(since));
    }
    return report;
  }

  it('is scaled to one and back again and again, and nothing is lost', async () => {
    // One replica has to bear it, while the others end and start.
    await scale(1);
    const rate = await bearable();
    await scale(3);
    const load = startLoad(baseUrl(), { perSecond: rate, request: mixed, repeatsShed });
    const report = await under(load, 'scaled', async () => {
      await scale(1);
      await delay(1500);
      await scale(3);
    });
    expect(report.lost).toEqual({});
    expect(report.sent).toBeGreaterThan(5 * rate);
  }, 400_000);

  it('loses two of them at once again and again, and no request but those that both had begun with', async () => {
    await scale(3);
    // With two of three gone, one replica does all the work while two others start on the same cores.
    const perSecondLeft = Math.min(40, perSecond);
    const since = new Date();
    const load = startLoad(baseUrl(), { perSecond: perSecondLeft, request: mixed, repeatsShed });
    const report = await under(load, 'killed', async (n) => {
      // The gateway must know the one that is left: in the second round it was started in the first (nginx/host.conf).
      await delay(2000);
      const replicas = await containersOf(service);
      const victims = [0, 1].map((at) => replicas[(n + at) % replicas.length] ?? '');
      await docker('kill', '--signal', 'KILL', ...victims);
      await delay(1500);
      await docker('start', ...victims);
      await scale(3);
    });
    // What has broken two replicas doesn't get a third: nginx/proxy.conf.
    const begunByTwo = (await failuresOfGateway(since)).filter(({ status, connectSeconds }) => {
      return status !== 503 && (connectSeconds.match(/\d\.\d+/g)?.length ?? 0) >= 2;
    });
    const failures = await failuresInGatewayLog(since); // shown where the counts differ
    expect({ lost: lostOf(report), failures }).toEqual({ lost: begunByTwo.length, failures });
    expect(lostOf(report)).toBeLessThan(report.sent / 100);
    expect(report.sent).toBeGreaterThan(5 * perSecondLeft);
  }, 400_000);
});

const lostOf = ({ lost }: CallsReport) => Object.values(lost).reduce((sum, count) => sum + count, 0);

describe('all replicas of a service', () => {
  it.each([
    ['greetings', '/api/greetings'],
    ['hello', '/api/hello'],
    ['guestbook', '/api/visits'],
  ])('may be gone: %s', async (service, path) => {
    await compose('kill', '--signal', 'KILL', service);
    for (const moment of [0, 1500]) {
      await delay(moment);
      const answer = await ask(baseUrl(), path);
      expectProblem(answer, 503, 'upstream_unavailable');
      expect(answer.headers['retry-after']).toBe('1');
    }
    if (service === 'greetings') {
      const degraded = await ask(baseUrl(), '/api/hello?name=Ada&language=sw');
      expect(degraded).toMatchObject({ status: 200, body: { message: 'Hello, Ada!' } });
      expect(degraded.headers.degraded).toBe('greetings');
    }
    for (const container of await containersOf(service)) await start(container);
    await eventually(async () => (await ask(baseUrl(), path)).status === 200, 3000);
  });
});

describe('what hangs', () => {
  // To all processes of the container but the first, which is Docker's init, and the sender.
  const stopped = ['sh', '-c', 'kill -STOP -1'];
  const blocked = ['node', '--eval', `(${blockEventLoop})()`];

  /** Lets one container of a service hang, and waits until Docker has started it again. */
  async function hang(service: string, command: readonly string[]): Promise<void> {
    const [container = ''] = await containersOf(service);
    const restarts = async () => Number(await docker('inspect', '--format', '{{.RestartCount}}', container));
    const before = await restarts();
    const others = (await containersOf(service)).length - 1;
    await docker('exec', container, ...command);
    const startMs = performance.now();
    await eventually(async () => (await restarts()) === before + 1, 75_000);
    console.info(`${service}: ended after ${Math.round(performance.now() - startMs)} ms`);
    await eventually(() => isHealthy(container), 60_000);
    if (others > 0) expect(await docker('logs', container)).toContain('the service hangs');
  }

  it('is killed by its health check, and started again by Docker', async () => {
    // At the same time: each waits for half a minute.
    await Promise.all([hang('hello', stopped), hang('guestbook', blocked), hang('gateway', stopped)]);
    await eventually(async () => (await ask(baseUrl(), '/api/hello')).status === 200, 10_000);
  }, 150_000);
});

/** Runs in the container: through the debugger that Node opens at SIGUSR1, as no service has such an operation. */
function blockEventLoop(): void {
  process.kill(-1, 'SIGUSR1');
  const expression = 'for (;;);';
  setTimeout(async () => {
    const [target] = (await (await fetch('http://127.0.0.1:9229/json')).json()) as { webSocketDebuggerUrl: string }[];
    const debug = new WebSocket(target?.webSocketDebuggerUrl ?? '');
    debug.addEventListener('open', () => {
      debug.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }));
      setTimeout(() => process.exit(), 300);
    });
  }, 1_000);
}

describe('a visit that was answered with 201', () => {
  it('survives a crash of a guestbook replica and of the database', async () => {
    const written = new Set<string>();
    const load = startLoad(baseUrl(), {
      perSecond: 50,
      repeatsShed,
      request: () => visit,
      onSuccess: (body) => written.add(JSON.parse(body).id),
    });
    try {
      const [replica = ''] = await containersOf('guestbook');
      const [database = ''] = await containersOf('database');
      for (const container of [replica, database]) {
        const restarts = async () => Number(await docker('inspect', '--format', '{{.RestartCount}}', container));
        const before = await restarts();
        await delay(1000);
        await crash(container);
        await eventually(async () => (await restarts()) > before);
        await eventually(() => isHealthy(container));
      }
      await delay(500);
    } finally {
      await load.stop();
    }
    await eventually(async () => (await post(baseUrl(), '/api/visits', { name: 'Ada' })).status === 201, 10_000);
    expect(written.size).toBeGreaterThan(50);
    expect(await missing(written)).toEqual([]);
  });
});

/** A request that the gateway answered with 5xx, as its log tells it. */
interface GatewayFailure {
  readonly status: number;
  readonly endpoint: string;
  readonly upstreamStatus: string;
  readonly connectSeconds: string;
}

async function failuresOfGateway(since: Date): Promise<GatewayFailure[]> {
  const [gateway = ''] = await containersOf('gateway');
  const lines = (await docker('logs', '--since', since.toISOString(), gateway)).split('\n');
  return lines.filter((line) => /"status":5/.test(line)).map((line) => JSON.parse(line));
}

/** What the gateway tried for the requests that it answered with 5xx, and how often each. */
async function failuresInGatewayLog(since: Date): Promise<string> {
  const failures = await failuresOfGateway(since);
  const tries = Map.groupBy(failures, ({ status, endpoint, upstreamStatus: tried, connectSeconds }) => {
    return `${status}: ${endpoint}: ${tried}, connected after ${connectSeconds.replaceAll(/\d\.\d+/g, '…')}`;
  });
  return [...tries].map(([what, { length }]) => `${length} × ${what}`).join('\n');
}

/** Those of the ids that the guestbook does not list. */
async function missing(ids: ReadonlySet<string>): Promise<string[]> {
  const listed = new Set<string>();
  for (let next: unknown = ''; next !== undefined; ) {
    const { status, body } = await ask(baseUrl(), `/api/visits?limit=100${next && `&cursor=${next}`}`);
    expect(status).toBe(200);
    for (const { id } of body.visits as { id: string }[]) listed.add(id);
    next = body.next;
  }
  return [...ids].filter((id) => !listed.has(id));
}
