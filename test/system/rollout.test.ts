import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningSystem, startSystemIn } from '../running-system.ts';
import { root } from '../source-files.ts';
import { type LoadRequest, startLoad } from '../steady-load.ts';
import { copyRepository, type RepositoryCopy } from './repository-copy.ts';
import { underLoad } from './under-load.ts';
import { gateways, type TestedSystem, withSystem } from './with-system.ts';

/** Few, for machines that run other things too. */
const perSecond = Number(process.env.REQUESTS_PER_SECOND ?? 40);
const gets = ['/api/hello?name=Alice&language=fr', '/api/greetings', '/api/visits?limit=5', '/api/hello'];

/** Half of them write, through all three services. */
const request = (n: number): LoadRequest =>
  n % 2 === 0
    ? { method: 'POST', path: '/api/visits', body: { name: `Ada ${n}` } }
    : { path: gets[((n - 1) / 2) % gets.length] as string };

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line in a process of its own. */
function parley({ running }: Pick<TestedSystem, 'running'>, ...args: string[]): Promise<Ended> {
  return parleyIn(root, running, ...args);
}

function parleyIn(folder: string, { url }: RunningSystem, ...args: string[]): Promise<Ended> {
  const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
  const port = ['--port', new URL(url).port];
  return run(process.execPath, [...flags, 'packages/cli/src/main.ts', ...args, ...port], folder);
}

function run(command: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(command, [...args], { cwd }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

const pidsOf = (system: TestedSystem, service: string) =>
  system.running.replicas
    .filter((one) => one.service === service)
    .map(({ replica }) => system.pidOf(replica) as number);

describe.each(gateways)('parley rollout behind %s', (gateway) => {
  const system = withSystem('--gateway', gateway);

  it('replaces every replica of every service, and loses no request, half of them writes', async () => {
    const services = ['greetings', 'hello', 'guestbook'];
    const before = services.map((service) => pidsOf(system, service));
    const report = await underLoad(startLoad(system.running.url, { perSecond, request }), gateway, async () => {
      for (const service of services) {
        const { code, stdout, stderr } = await parley(system, 'rollout', service, '--json');
        expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`${service}-2 is replaced`) });
        expect(JSON.parse(stdout)).toMatchObject({
          service,
          source: 'launcher',
          replaced: [{ replica: `${service}-1` }, { replica: `${service}-2` }],
        });
      }
    });
    expect(report.sent).toBeGreaterThan(perSecond * 5);
    expect(report.lost).toEqual({});
    const after = services.map((service) => pidsOf(system, service));
    expect(after.flat().every((pid) => pid !== undefined && !before.flat().includes(pid))).toBe(true);
  }, 120_000);
});

describe('parley rollout --verify', () => {
  const system = withSystem();

  it('proves by requests of its own, writes with keys among them, that none is lost: the recipe of the cookbook', async () => {
    const [, section = ''] = readFileSync(join(root, 'docs/cookbook.md'), 'utf8').split(
      '\n### Replace all replicas without losing a request\n',
    );
    const [, recipe = ''] = /^```sh\n(.*)\n```$/m.exec(section) ?? [];
    const { port } = new URL(system.running.url);
    const { code, stdout } = await run('sh', ['-c', `${recipe} --port ${port}`], root);
    const { verification } = JSON.parse(stdout);
    expect([code, verification]).toEqual([
      0,
      {
        sent: expect.any(Number),
        lost: 0,
        failures: {},
        keyed: expect.any(Number),
        duplicated: 0,
        slowestMs: expect.any(Number),
      },
    ]);
    expect(verification.keyed).toBeGreaterThan(40);
    expect(verification.sent - verification.keyed).toBeGreaterThan(40);
  }, 60_000);

  it('chooses a request of the service itself, and shows what became of it', async () => {
    const { code, stdout } = await parley(system, 'rollout', 'hello', '--verify');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ requests sent, 0 lost, 0 of 0 writes carried out twice, slowest \d+ ms\n$/);
  }, 60_000);
});

describe('parley rollout of a service with one replica', () => {
  const system = withSystem('--gateway', 'embedded', '--scale', 'hello=1');

  it('is refused, since requests would be lost', async () => {
    const [before] = pidsOf(system, 'hello');
    const { code, stderr } = await parley(system, 'rollout', 'hello');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'hello-1 is the only replica of hello that is ready, so requests would be lost: start with --watch',
    );
    expect(pidsOf(system, 'hello')).toEqual([before]);
  }, 60_000);
});

describe('parley rollout in watch mode', () => {
  const system = withSystem('--gateway', 'embedded', '--watch', '--scale', 'hello=1');

  it('loses no request with one replica: the new process is ready before the old one drains', async () => {
    const [before] = pidsOf(system, 'hello');
    const report = await underLoad(startLoad(system.running.url, { perSecond, request }), 'one replica', async () => {
      expect((await parley(system, 'rollout', 'hello')).code).toBe(0);
    });
    expect(report.lost).toEqual({});
    expect(pidsOf(system, 'hello')).not.toEqual([before]);
  }, 60_000);
});

describe('parley rollout of code that does not start', () => {
  let copy: RepositoryCopy;
  let running: RunningSystem;
  beforeAll(async () => {
    copy = await copyRepository();
    running = await startSystemIn(copy.folder, '--gateway', 'embedded');
  }, 90_000);
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
    await copy.remove();
  }, 60_000);

  it('stops at the first replica and says why; the others go on, and no request is lost', async () => {
    await copy.write('services/hello/handlers.ts', "import './no-such-module.ts';\n");
    const report = await underLoad(startLoad(running.url, { perSecond, request }), 'broken code', async () => {
      const { code, stderr } = await parleyIn(copy.folder, running, 'rollout', 'hello');
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /hello-1 was not replaced: hello-1 ended before it was ready .*no-such-module.* \(hello-2 is as before\)/s,
      );
    });
    expect(report.lost).toEqual({});
  }, 60_000);
});
