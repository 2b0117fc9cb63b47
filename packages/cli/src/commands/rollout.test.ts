import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { RunningSystem } from '@parley/local';
import { parley } from '../../test-fixtures/command-line.ts';

const replica = (name: string) => ({
  service: name.replace(/-\d$/, ''),
  name,
  address: 'http://127.0.0.1:9',
  operators: 'http://127.0.0.1:9',
  pid: 1,
  isDraining: false,
});
const systems: RunningSystem[] = [
  {
    root: '/repository',
    pid: 7,
    url: 'http://localhost:9',
    replicas: ['hello-1', 'hello-2', 'greetings-1'].map(replica),
  },
];

describe('parley rollout with a launcher', () => {
  it('replaces one replica after the other', async () => {
    const asked: unknown[] = [];
    const replaceReplica = async (...args: unknown[]) => void asked.push(args);
    const result = await parley('rollout hello', { systems, replaceReplica });
    expect(result).toMatchObject({ code: 0, stdout: 'hello is replaced: hello-1, hello-2\n' });
    expect(asked).toEqual([
      [7, 'hello-1'],
      [7, 'hello-2'],
    ]);
  });

  it('ends with 1 at the first that does not get ready, and leaves the rest', async () => {
    const asked: string[] = [];
    const replaceReplica = async (_pid: number, name: string) => {
      asked.push(name);
      throw new Error(`${name} ended before it was ready (exit code 1): no such module`);
    };
    const { code, stdout, stderr } = await parley('rollout hello --json', { systems, replaceReplica });
    expect(code).toBe(1);
    expect(asked).toEqual(['hello-1']);
    expect(stderr).toContain('exit code 1): no such module (hello-2 is as before)');
    expect(JSON.parse(stdout).error).toMatchObject({ exit: 'failed', failed: 'hello-1', replaced: [] });
  });

  it('tells what became of the requests where it fails too', async () => {
    const server = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const replaceReplica = () => Promise.reject(new Error('no such module'));
    const line = `rollout hello --json --probe=GET\u00a0/ --url ${url}`;
    const { code, stdout } = await parley(line, { systems, replaceReplica });
    server.close();
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({ failed: 'hello-1', verification: { lost: 0, duplicated: 0 } });
  });

  it('asks for no operation that the policy allows less often than it would be sent', async () => {
    const asked: string[] = [];
    const get = (operationId: string) => ({ get: { operationId, responses: { 200: {} } } });
    const paths = { '/report': get('report'), '/list': get('list') };
    const server = createServer((request, response) => {
      if (request.url !== '/openapi.json') asked.push(request.url ?? '');
      response.end(JSON.stringify({ openapi: '3.1.0', paths }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const root = mkdtempSync(join(tmpdir(), 'parley-rollout-'));
    const operation = { service: 'hello', method: 'GET', requestsPerSecond: 10, burst: 10 };
    const writeTable = (...names: readonly string[]) => {
      const operations = names.map((name) => ({ ...operation, name, path: `/${name}` }));
      const limits = { clientLimits: { requestsPerSecond: 9, burst: 9, connections: 9 }, headerBytes: 9, bodyBytes: 9 };
      const table = { ...limits, readTimeoutMs: 9, upstreams: [], routes: [], operations };
      mkdirSync(join(root, 'gateway'), { recursive: true });
      writeFileSync(join(root, 'gateway/table.json'), JSON.stringify(table));
    };
    const here = { cwd: root, systems: [{ root, pid: 7, url, replicas: [{ ...replica('hello-1'), address: url }] }] };
    writeTable('report');
    expect(await parley('rollout hello --verify', here)).toMatchObject({ code: 0 });
    expect(new Set(asked)).toEqual(new Set(['/list']));
    expect((await parley('rollout hello --verify --rate 10', here)).code).toBe(0);
    expect(new Set(asked)).toEqual(new Set(['/list', '/report']));
    writeTable('report', 'list');
    const { code, stderr } = await parley('rollout hello --verify', here);
    expect([code, stderr]).toEqual([2, expect.stringContaining("20 a second of which the gateway's policy allows")]);
    server.close();
    rmSync(root, { recursive: true });
  });

  it('says no more than why where it replaces the only one not', async () => {
    const replaceReplica = () => Promise.reject(new Error('it is the only one'));
    const { code, stderr } = await parley('rollout greetings', { systems, replaceReplica });
    expect([code, stderr]).toEqual([1, 'parley: greetings-1 was not replaced: it is the only one\n']);
  });

  it('replaces no further replica where it is interrupted', async () => {
    const interrupting = new AbortController();
    const asked: string[] = [];
    const replaceReplica = async (_pid: number, name: string) => {
      asked.push(name);
      interrupting.abort();
    };
    const { code, stderr } = await parley('rollout hello', {
      ...{ systems, replaceReplica, interrupted: () => interrupting.signal },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('hello-2 was not replaced: interrupted');
    expect(asked).toEqual(['hello-1']);
  });

  it.each([
    ['rollout hallo', 'expected a service that runs, got "hallo"; did you mean "hello"?'],
    ['rollout nope', 'expected a service that runs, got "nope"; there is hello, greetings'],
    ['rollout hello-1', 'expected a service, got the replica "hello-1": name hello'],
    ['rollout hello --probe wrong', "expected 'GET /path'"],
    ['rollout hello --rate 1000', 'from 1 to 200'],
    ['rollout hello --canary half', 'from 1% to 99%'],
    ['rollout hello --probe GET', 'expected'],
  ])('%s ends with 2', async (line, message) => {
    const result = await parley(line, { systems });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(message);
  });

  it('ends with 3 where nothing runs', async () => {
    const { code, stderr } = await parley('rollout hello');
    expect([code, stderr]).toEqual([3, expect.stringContaining('expected a running hello in /repository, found none')]);
  });
});

interface FakeContainer {
  readonly ID: string;
  readonly Name: string;
  readonly Service: string;
  State: string;
  Health: string;
}

/** A metrics page of a replica that has answered this often. */
const metricsPage = (requests: number, errors: number) => `process_start_time_seconds 1
http_server_request_duration_seconds_count{http_response_status_code="200"} ${requests - errors}
http_server_request_duration_seconds_count{http_response_status_code="500"} ${errors}
http_server_request_duration_seconds_bucket{le="0.1"} ${requests}
http_server_request_duration_seconds_bucket{le="+Inf"} ${requests}
`;

const labels = {
  'com.docker.compose.project': 'shop',
  'com.docker.compose.project.working_dir': '/repository',
  'com.docker.compose.project.config_files': '/repository/docker-compose.yml,/repository/docker-compose.tls.yml',
};
const startedWith =
  ' --project-name shop --project-directory /repository --file /repository/docker-compose.yml --file /repository/docker-compose.tls.yml';

/** Docker with two containers of hello, which starts more; `health` is that of those. Of their answers `errorShare` are errors. */
function fakeDocker(health: string, state = 'running', errorShare = 0) {
  let looks = 0;
  const container = (n: number, Health: string, State: string): FakeContainer => ({
    ...{ ID: `id${n}`, Name: `shop-hello-${n}`, Service: 'hello', State, Health },
  });
  let containers = [1, 2].map((n) => container(n, 'healthy', 'running'));
  const told: string[] = [];
  const runDocker = async (args: readonly string[]) => {
    const line = args.join(' ').replace(startedWith, '');
    if (line.startsWith('inspect')) return { isSuccess: true, stdout: JSON.stringify(labels), stderr: '' };
    if (line.startsWith('exec')) {
      const requests = 100 * Math.floor(looks++ / 3);
      const stdout = metricsPage(requests, args[1] === 'id3' ? requests * errorShare : 0);
      return { isSuccess: true, stdout, stderr: '' };
    }
    // New containers must be of the files that the old ones are of.
    if (line.startsWith('compose up')) expect(args.join(' ')).toContain(startedWith);
    if (!line.startsWith('compose ps')) told.push(line);
    const wanted = Number(/hello=(\d)/.exec(line)?.[1] ?? 0);
    for (let n = containers.length + 1; n <= wanted; n++) containers.push(container(n, health, state));
    if (/^rm/.test(line)) containers = containers.filter(({ ID }) => !args.includes(ID));
    const stdout = line.startsWith('compose ps') ? containers.map((one) => JSON.stringify(one)).join('\n') : '';
    return { isSuccess: true, stdout: line.startsWith('logs') ? 'no such module\n' : stdout, stderr: '' };
  };
  return { told, runDocker, names: () => containers.map(({ Name }) => Name) };
}

describe('parley rollout with Docker', () => {
  it('starts as many beside, then drains the old ones', async () => {
    const { told, runDocker, names } = fakeDocker('healthy');
    const result = await parley('rollout hello --json', { runDocker });
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      source: 'compose',
      replaced: [{ replica: 'shop-hello-1' }, { replica: 'shop-hello-2' }],
    });
    expect(told).toEqual([
      'compose up --detach --no-deps --no-recreate --scale hello=4 hello',
      'stop id1',
      'rm id1',
      'stop id2',
      'rm id2',
    ]);
    expect(names()).toEqual(['shop-hello-3', 'shop-hello-4']);
  });

  it.each([
    ['inspect', 'null', 'hello: expected labels of compose from "docker inspect", got null: start it again with'],
    ['exec', '[]', 'hello: expected its OpenAPI document, an object with paths, got []: name requests with --probe'],
    ['exec', 'oops', 'hello: expected its OpenAPI document, an object with paths, got oops: name requests with'],
  ])('says what came where "docker %s" writes %s', async (command, stdout, message) => {
    const docker = fakeDocker('healthy');
    const runDocker: typeof docker.runDocker = async (args) =>
      args[0] === command ? { isSuccess: true, stdout, stderr: '' } : docker.runDocker(args);
    const { code, stderr } = await parley('rollout hello --verify --url http://127.0.0.1:9', { runDocker });
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(docker.told).toEqual([]);
  });

  it('names the services that run where it is none of them', async () => {
    const { code, stderr } = await parley('rollout nope', { runDocker: fakeDocker('healthy').runDocker });
    expect([code, stderr]).toEqual([2, 'parley: expected a service that runs, got "nope"; there is hello\n']);
  });

  it.each(['starting', 'healthy'])('removes the new ones where it is interrupted while they are %s', async (health) => {
    const { runDocker, names } = fakeDocker(health);
    const interrupting = new AbortController();
    const { code, stderr } = await parley('rollout hello', {
      ...{ runDocker, interrupted: () => interrupting.signal },
      pause: async () => interrupting.abort(),
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('hello was not replaced: interrupted')]);
    expect(names()).toEqual(['shop-hello-1', 'shop-hello-2']);
  });

  it.each([
    ['is unhealthy', 'unhealthy', 'running'],
    ['ends', '', 'exited'],
    ['stays as it is', 'starting', 'running'],
    ['has not told of its health yet', '', 'running'],
  ])('removes the new ones where one %s, and stops no old one', async (_how, health, state) => {
    const { told, runDocker, names } = fakeDocker(health, state);
    const { code, stderr } = await parley('rollout hello', { runDocker });
    expect(code).toBe(1);
    expect(stderr).toContain('hello was not replaced: ');
    expect(stderr).toContain('the 2 before go on, the new ones are removed');
    expect(stderr).toContain(
      state === 'running' && health !== 'unhealthy' ? 'not healthy within 120000 ms' : 'no such module',
    );
    expect(told.filter((line) => line.startsWith('stop'))).toEqual([]);
    expect(names()).toEqual(['shop-hello-1', 'shop-hello-2']);
  });

  it('tries a share of the new ones first', async () => {
    const { told, runDocker, names } = fakeDocker('healthy');
    const { code, stdout } = await parley('rollout hello --canary 10% --watch 1m --json', { runDocker });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).canary).toMatchObject({ before: { replicas: 2 }, after: { replicas: 1, requests: 100 } });
    expect(told.slice(0, 3)).toEqual([
      'compose up --detach --no-deps --no-recreate --scale hello=3 hello',
      'compose up --detach --no-deps --no-recreate --scale hello=4 hello',
      'stop id1',
    ]);
    expect(names()).toEqual(['shop-hello-3', 'shop-hello-4']);
  });

  it('removes the new ones where they fail more often than the old ones', async () => {
    const { told, runDocker, names } = fakeDocker('healthy', 'running', 0.1);
    const { code, stderr } = await parley('rollout hello --canary 10%', { runDocker });
    expect(code).toBe(1);
    expect(stderr).toContain(
      'the new ones are worse: more errors than before (new: 100 requests at 1, 10 % errors, p99 99 ms; old: 200 requests at 2, 0 % errors, p99 99 ms)',
    );
    expect(told.some((line) => line.startsWith('stop'))).toBe(false);
    expect(names()).toEqual(['shop-hello-1', 'shop-hello-2']);
  });
});
