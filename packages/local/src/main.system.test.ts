import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../test/eventually.ts';
import { describeWith, has } from '../../../test/needs.ts';
import { isAlive, type LaunchOptions, launch, nodeArgs } from '../test-fixtures/launched.ts';
import { createRepositoryFolder } from '../test-fixtures/repository-folder.ts';
import { loopback, type ReservedPorts, reservePorts } from './ports/ports.ts';
import { delay } from './time/delay.ts';

type Launched = ReturnType<typeof launch>;

const hasNginx = has('nginx');
const repository = createRepositoryFolder();
const scratch = join(repository.root, 'scratch');
const started: Launched[] = [];
let ports: ReservedPorts;

beforeAll(async () => {
  mkdirSync(scratch);
  ports = await reservePorts(3, 'main.system.test');
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((launched) => launched.close()));
});
afterAll(() => {
  ports.close();
  repository.close();
});

function start(args: readonly string[], options: Partial<LaunchOptions> = {}): Launched {
  const env = { TMPDIR: scratch, PORT: String(ports.ports[0]), ...options.env };
  const launched = launch({ root: repository.root, ...options, args, env });
  started.push(launched);
  return launched;
}

const urlOf = (path: string, at = 0) => `http://${loopback}:${ports.ports[at]}${path}`;

// npm keeps a compile cache there.
const leftovers = () => readdirSync(scratch).filter((name) => name.startsWith('parley-'));

async function pidsOf(launched: Launched): Promise<number[]> {
  const { replicas = [], gatewayPid } = await launched.ready();
  return [...replicas.map(({ pid }) => pid), ...(gatewayPid ? [gatewayPid] : [])];
}

async function expectNothingLeft(pids: readonly number[]): Promise<void> {
  expect(pids.filter(isAlive)).toEqual([]);
  expect(leftovers()).toEqual([]);
  await expect(fetch(urlOf('/'))).rejects.toThrow('fetch failed');
}

describe.each(hasNginx ? ['nginx', 'embedded'] : ['embedded'])('npm start behind %s', (gateway) => {
  let launched: Launched;
  let replicas: readonly { replica: string; address: string; operators: string; pid: number }[];
  beforeAll(async () => {
    const env = { TMPDIR: scratch, PORT: String(ports.ports[0]) };
    launched = launch({ root: repository.root, args: ['--gateway', gateway, '--scale', 'hello=3'], env });
    replicas = (await launched.ready()).replicas ?? [];
  });
  afterAll(() => launched.close());

  it('names its gateway and its replicas, as many as it was asked for', async () => {
    expect((await launched.ready()).gateway).toContain(gateway);
    expect(replicas.map(({ replica }) => replica)).toEqual([
      'greetings-1',
      'greetings-2',
      'hello-1',
      'hello-2',
      'hello-3',
      'guestbook-1',
      'guestbook-2',
    ]);
  });

  it("names each replica's address for operators", async () => {
    for (const { operators } of replicas) expect((await fetch(`${operators}/readyz`)).status).toBe(200);
  });

  it('gives a service the addresses of all replicas that it calls, and no database', async () => {
    const hello = replicas.filter(({ replica }) => replica.startsWith('hello')).map(({ address }) => address);
    const told = await (await fetch(urlOf('/api/visits'))).json();
    expect(told).toMatchObject({ service: 'guestbook', environment: { HELLO_URL: hello.join(',') } });
    expect(told).not.toHaveProperty('environment.DATABASE_URL');
  });

  it('hands on the headers of a request, and replaces those that no caller from outside may set', async () => {
    const answer = await fetch(urlOf('/api/hello?name=Alice'), {
      headers: {
        ...{ 'X-Request-Id': 'mine', 'X-Forwarded-For': '6.6.6.6', Forwarded: 'for=6.6.6.6', tracestate: 'a=b' },
        ...{ 'X-Request-Priority': 'critical', 'X-Attempts-Left': '9', 'X-Explain': '1' },
      },
    });
    const { url, headers } = (await answer.json()) as { url: string; headers: Record<string, string> };
    expect(url).toBe('/api/hello?name=Alice');
    expect(headers).toMatchObject({ host: loopback, 'x-request-id': 'mine', 'x-forwarded-for': loopback });
    expect(headers).toMatchObject({ 'x-forwarded-proto': 'http', 'x-forwarded-host': `${loopback}:${ports.ports[0]}` });
    expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    const untrusted = ['forwarded', 'tracestate', 'x-request-priority', 'x-attempts-left', 'x-explain'];
    expect(untrusted.filter((name) => name in headers)).toEqual([]);
  });

  it('answers with the request id, and without headers that are meant for other services', async () => {
    const { headers } = await fetch(urlOf('/api/hello'), { headers: { 'X-Request-Id': 'mine' } });
    expect(headers.get('x-request-id')).toBe('mine');
    const inside = ['endpoint-load-metrics', 'server-timing', 'x-attempts-left'];
    expect(inside.filter((name) => headers.has(name))).toEqual([]);
  });

  it('takes a body of 1 MiB, and answers 413 to one byte more', async () => {
    const post = (length: number) => fetch(urlOf('/api/visits'), { method: 'POST', body: 'x'.repeat(length) });
    expect(await (await post(1024 * 1024)).json()).toMatchObject({ service: 'guestbook', bodyLength: 1024 * 1024 });
    await expectProblem(await post(1024 * 1024 + 1), 413, 'body_too_large');
  });

  it('answers 404 to a path of no service', async () => {
    await expectProblem(await fetch(urlOf('/api/hellox')), 404, 'not_found');
  });

  it('answers 502 to a POST whose connection to a service breaks', async () => {
    await expectProblem(await fetch(urlOf('/api/visits?break'), { method: 'POST' }), 502, 'upstream_failed');
  });

  it("passes on a service's own error as it is", async () => {
    expect((await fetch(urlOf('/api/hello?status=503'))).headers.get('content-type')).toBe('application/json');
  });

  it('starts a killed replica again, and meanwhile answers every request', async () => {
    const victim = replicas.find(({ replica }) => replica === 'guestbook-2');
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    await expectAllAnswered('GET');
    await launched.until(({ msg }) => msg === 'guestbook-2 is restarting: killed by SIGKILL, again at once');
    // Not before: a POST that the victim may have begun to act on must not be sent again.
    await expectAllAnswered('POST');
    await expectAnswer(`${victim?.address}/`);
    const told = (await (await fetch(`${victim?.address}/`)).json()) as { pid: number };
    expect(told.pid).not.toBe(victim?.pid);
  });

  it('stops callers before what they call, and leaves nothing behind', async () => {
    const pids = await pidsOf(launched);
    launched.signal('SIGTERM');
    expect(await launched.end).toEqual({ code: 0, stderr: '' });
    await expectNothingLeft(pids);
    const stopped = launched.lines.flatMap(({ msg, replica }) =>
      msg.endsWith('is stopped') ? [replica?.replace(/-\d/, '')] : [],
    );
    const gateways = gateway === 'nginx' ? ['nginx'] : [];
    expect([...new Set(stopped)]).toEqual([...gateways, 'guestbook', 'hello', 'greetings']);
  });
});

async function expectProblem(answer: Response, status: number, code: string): Promise<void> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const requestId = answer.headers.get('x-request-id');
  expect(requestId).toMatch(/^[0-9a-f]{32}$/);
  expect(await answer.json()).toMatchObject({ type: `urn:parley:problem:${code}`, status, requestId });
}

async function expectAllAnswered(method: string): Promise<void> {
  const statuses = Array.from({ length: 30 }, async (_, at) => {
    await delay(at * 3);
    return (await fetch(urlOf('/api/visits'), { method })).status;
  });
  expect(await Promise.all(statuses)).toEqual(statuses.map(() => 200));
}

async function expectAnswer(url: string): Promise<void> {
  await eventually(async () => (await fetch(url).catch(() => undefined))?.ok);
}

/** As soon as the process that had the port is gone, before the next one has started. */
async function listenOnceFree(port: number): Promise<Server> {
  for (;;) {
    const server = createServer().listen(port, loopback);
    const isOurs = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (isOurs) return server;
    await delay(1);
  }
}

describeWith('nginx')('nginx under the launcher', () => {
  it('is started again when it dies, workers and all', async () => {
    const launched = start(['--gateway', 'nginx']);
    const { gatewayPid = 0 } = await launched.ready();
    process.kill(gatewayPid, 'SIGKILL');
    await launched.until(({ msg }) => msg.startsWith('nginx is restarting: killed by SIGKILL'));
    await expectAnswer(urlOf('/api/hello'));
  });

  it('is refused in one sentence if its configuration is wrong', async () => {
    const broken = createRepositoryFolder();
    broken.write('nginx/routes.conf', 'location /api/hello {\n  proxy_pas http://hello;\n}\n');
    const { code, stderr } = await start(['--gateway', 'nginx'], { root: broken.root }).end;
    broken.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^nginx does not accept its configuration: unknown directive "proxy_pas" in nginx\/routes.conf:2: .*\n$/,
    );
  });
});

describe('npm start', () => {
  it('runs a second time beside the first, on ports of its own', async () => {
    const one = start(['--gateway', 'embedded']);
    const other = start(['--gateway', 'embedded'], { env: { PORT: String(ports.ports[1]) } });
    const addresses = (await Promise.all([one.ready(), other.ready()])).flatMap(({ replicas = [] }) => replicas);
    expect(new Set(addresses.map(({ address }) => address)).size).toBe(addresses.length);
    expect((await fetch(urlOf('/api/hello', 1))).status).toBe(200);
  });

  const command = [process.execPath, ...nodeArgs].map((word) => `"${word}"`).join(' ');
  it.each([
    ['SIGTERM to npm', command, (npm: Launched) => npm.signal('SIGTERM')],
    ['a Ctrl-C, which reaches npm and the launcher', command, (npm: Launched) => process.kill(-npm.pid, 'SIGINT')],
    // A shell that doesn't make way (exec) keeps a SIGINT to itself.
    ['SIGINT to npm alone', `exec ${command}`, (npm: Launched) => npm.signal('SIGINT')],
  ])('leaves nothing behind after %s', async (_, script, act) => {
    repository.write('package.json', JSON.stringify({ type: 'module', scripts: { start: script } }));
    const npm = start([], { command: ['npm', 'start'] });
    const pids = await pidsOf(npm);
    act(npm);
    await npm.until(({ msg }) => msg === 'stopped');
    await npm.end;
    await expectNothingLeft(pids);
  });

  it.each(hasNginx ? ['nginx', 'embedded'] : ['embedded'])(
    'runs once where it is started twice at once behind %s',
    async (gateway) => {
      const both = [start(['--gateway', gateway]), start(['--gateway', gateway])];
      const refused = await Promise.race(both.map(async (each) => ({ each, ...(await each.end) })));
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^port \d+ .* is taken by [^\n]+\n$/) });
      const [other] = both.filter((each) => each !== refused.each);
      const pids = await pidsOf(other as Launched);
      await expectAnswer(urlOf('/api/hello'));
      other?.signal('SIGTERM');
      expect(await other?.end).toEqual({ code: 0, stderr: '' });
      await expectNothingLeft(pids);
    },
  );

  it('leaves nothing behind when it is killed in watch mode, after a service has been replaced', async () => {
    const launched = start(['--gateway', 'embedded', '--watch']);
    const { replicas = [] } = await launched.ready();
    repository.write('services/hello/settings.json', '{}');
    await launched.until(({ msg, replica }) => msg.endsWith('is stopped') && replica === 'hello-2');
    const later = launched.lines.flatMap((line) => ('pid' in line && line.pid ? [Number(line.pid)] : []));
    launched.signal('SIGKILL');
    await launched.end;
    const pids = [...replicas.map(({ pid }) => pid), ...later];
    await eventually(() => (pids.some(isAlive) || leftovers().length > 0 ? undefined : true));
    await expectNothingLeft(pids);
  });

  it('names who took the port of a dead replica, and takes it back once it is free', async () => {
    const launched = start(['--gateway', 'embedded']);
    const { replicas = [] } = await launched.ready();
    const victim = replicas.find(({ replica }) => replica === 'greetings-1');
    const port = Number(new URL(victim?.address ?? '').port);
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    const other = await listenOnceFree(port);
    const { msg } = await launched.until(({ msg, level }) => level === 'error' && msg.startsWith('greetings-1'));
    expect(msg).toContain(`greetings-1 cannot have port ${port} again, it is taken by pid ${process.pid} (`);
    other.close();
    await expectAnswer(`${victim?.address}/`);
  });

  it('ends at once at a second signal, and leaves nothing behind', async () => {
    const launched = start(['--gateway', 'embedded'], { env: { IS_STUBBORN: 'guestbook' } });
    const pids = await pidsOf(launched);
    launched.signal('SIGTERM');
    await launched.until(({ msg }) => msg === 'guestbook-1 is stopping');
    await delay(600);
    launched.signal('SIGTERM');
    expect((await launched.end).code).toBe(1);
    await delay(50);
    await expectNothingLeft(pids);
  });

  it('stops in the midst of its start when it gets a signal', async () => {
    const launched = start([]);
    await launched.until(({ msg }) => msg === 'hello-1 is starting');
    launched.signal('SIGINT');
    expect(await launched.end).toEqual({ code: 0, stderr: '' });
    expect(launched.lines.filter(({ msg }) => msg === 'ready')).toEqual([]);
    await expectNothingLeft([]);
  });

  it('ends with code 0 after --help', async () => {
    expect(await start(['--help']).end).toEqual({ code: 0, stderr: '' });
  });
});

describe('npm start says in one sentence', () => {
  async function expectRefusal(refused: Launched, sentence: string | RegExp, expectedCode = 1): Promise<void> {
    const { code, stderr } = await refused.end;
    expect(stderr.trim()).toMatch(sentence);
    expect(stderr.trim()).not.toContain('\n');
    expect(code).toBe(expectedCode);
    expect(leftovers()).toEqual([]);
  }

  it('that the port is taken', async () => {
    const other = createServer();
    const port = ports.ports[2] ?? 0;
    await new Promise<void>((resolve) => other.listen(port, loopback, resolve));
    const sentence = new RegExp(
      `^port ${port} on 127.0.0.1 is taken by pid ${process.pid} \\(.*\\) \\(EADDRINUSE\\): stop that, or choose another with PORT=`,
    );
    await expectRefusal(start(['--port', String(port)]), sentence);
    other.close();
  });

  it('that a service cannot start, and stops what was started', async () => {
    const refused = start([], { env: { FAILS: 'hello' } });
    await expectRefusal(refused, /^hello-[12] ended before it was ready \(exit code 1\): Error: the shelf is empty$/);
    expect(refused.lines.map(({ msg }) => msg)).toContain('greetings-1 is stopped');
  });

  it('that Node is too old', async () => {
    const code = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.0" } })';
    const refused = start([], { env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` } });
    await expectRefusal(refused, /^@parley\/local: expected Node 22\.23 or later, got v[\d.]+: install that$/);
  });

  it('that nginx is asked for and not installed', async () => {
    const refused = start(['--gateway', 'nginx'], { env: { PATH: '/nowhere' } });
    await expectRefusal(refused, '--gateway nginx: expected nginx on PATH, found none');
  });

  it('that an option is unknown', async () => {
    await expectRefusal(start(['--gatway']), "Unknown option '--gatway': see npm start -- --help", 2);
  });

  it('that a service to scale is unknown', async () => {
    await expectRefusal(start(['--scale', 'helo=2']), '--scale helo: expected one of the services greetings, hello', 2);
  });

  type RepositoryFolder = ReturnType<typeof createRepositoryFolder>;
  it.each<[string, (repository: RepositoryFolder) => void, string]>([
    [
      'a service has nothing to run',
      (repository) => repository.remove('services/hello'),
      'service hello: expected main.ts, src/main.ts, dist/main.js, main.js, src/main.js or a start script "node FILE" in services/hello, found none',
    ],
    [
      'docker-compose.yml is no YAML',
      (repository) => repository.write('docker-compose.yml', 'services:\n  hello: [\n  b: }'),
      'docker-compose.yml:3: expected YAML',
    ],
    [
      'docker-compose.yml is not there',
      (repository) => repository.remove('docker-compose.yml'),
      'expected docker-compose.yml or compose.yaml in ',
    ],
  ])('that %s', async (_, spoil, sentence) => {
    const broken = createRepositoryFolder();
    spoil(broken);
    await expectRefusal(start([], { root: broken.root }), sentence);
    broken.close();
  });
});
