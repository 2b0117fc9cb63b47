import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isAlive, type LaunchOptions, launch, nodeArgs } from '../../packages/local/test-fixtures/launched.ts';
import { createRepositoryFolder } from '../../packages/local/test-fixtures/repository-folder.ts';
import { eventually } from '../eventually.ts';
import { freePort } from '../free-port.ts';
import { has } from '../needs.ts';
import { root } from '../source-files.ts';

type Launched = ReturnType<typeof launch>;

const gateways = has('nginx') ? ['nginx', 'embedded'] : ['embedded'];
const commandOf = (words: readonly string[]) => words.map((word) => `"${word}"`).join(' ');
let repository: ReturnType<typeof createRepositoryFolder>;
let scratch: string;
let port: number;
let started: Launched[];

beforeEach(async () => {
  repository = createRepositoryFolder();
  scratch = mkdtempSync(join(tmpdir(), 'killed-launcher-'));
  port = await freePort();
  started = [];
});
afterEach(async () => {
  await Promise.all(started.map((launched) => launched.close()));
  repository.close();
  rmSync(scratch, { recursive: true, force: true });
}, 30_000);

function start(options: Partial<LaunchOptions> = {}): Launched {
  const env = { TMPDIR: scratch, DATA_DIR: join(scratch, 'data'), PORT: String(port), ...options.env };
  const launched = launch({ root: repository.root, ...options, env });
  started.push(launched);
  return launched;
}

async function pidsOf(launched: Launched): Promise<number[]> {
  const { replicas = [], gatewayPid } = await launched.ready();
  return [...replicas.map(({ pid }) => pid), ...(gatewayPid ? [gatewayPid] : [])];
}

const runFolders = () => readdirSync(scratch).filter((name) => name.startsWith('parley-'));
const inRunFolder = (file: string) => {
  const path = join(scratch, runFolders()[0] ?? '', file);
  return { path, content: JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown> };
};

/** Processes that work in the repository's folder: all that the launcher starts does, workers of nginx too. */
function pidsIn(folder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return isAlive(pid) && readlinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      return false;
    }
  });
}

/** What a process is and does, and whose child it is. */
function commandOfProcess(pid: number): string {
  const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  try {
    const [, state, parent] = /\) (\S) (\d+)/.exec(read('stat')) ?? [];
    return `${pid} ${state} child of ${parent}: ${read('cmdline').replaceAll('\0', ' ')}`;
  } catch {
    return `${pid} ended meanwhile`;
  }
}

async function expectNothingLeft(pids: readonly number[] = []): Promise<void> {
  const remains = () => ({ pids: [...pids.filter(isAlive), ...pidsIn(repository.root)], folders: runFolders() });
  const nothing = { pids: [], folders: [] };
  await eventually(() => JSON.stringify(remains()) === JSON.stringify(nothing), 2_000).catch(() => undefined);
  const { pids: left, folders } = remains();
  const said = left.length ? started.map(({ lines }) => lines.map(({ msg }) => msg)) : [];
  expect({ pids: left.map(commandOfProcess), folders, said }).toEqual({ ...nothing, said: [] });
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
}

/** A request whose body is complete when `finish` is called. */
function startPost(url: string) {
  const sending = request(`${url}/api/visits`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': '14' },
  });
  sending.write('{"name":');
  const status = new Promise<unknown>((resolve) => {
    sending.on('response', (response) => resolve(response.resume().statusCode));
    sending.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  return {
    status,
    finish() {
      sending.end('"Ada"}');
    },
  };
}

describe.each(gateways)('npm start behind %s that is killed', (gateway) => {
  it('leaves nothing behind, and requests in flight are answered', async () => {
    const launched = start({ root, args: ['--gateway', gateway] });
    const pids = await pidsOf(launched);
    const { replicas = [] } = await launched.ready();
    const guestbooks = replicas.filter(({ replica }) => replica.startsWith('guestbook'));
    const posts = guestbooks.map(({ address }) => startPost(address));
    await pause(200);
    launched.signal('SIGKILL');
    await pause(300);
    for (const post of posts) post.finish();
    expect(await Promise.all(posts.map(({ status }) => status))).toEqual([201, 201]);
    await expectNothingLeft(pids);
    expect((await launched.end).stderr).toBe(
      `npm start (pid ${launched.pid}) was killed: draining its ${pids.length} processes\n`,
    );
  }, 60_000);

  it.each(gateway === 'nginx' ? ['greetings-1 is starting', 'guestbook-1 is ready'] : ['hello-2 is starting'])(
    'once "%s" leaves nothing behind',
    async (moment) => {
      const launched = start({ args: ['--gateway', gateway] });
      await launched.until(({ msg }) => msg === moment);
      launched.signal('SIGKILL');
      await launched.end;
      await expectNothingLeft();
    },
  );

  it('together with its guard is tidied up after by the next start, which ends no other process', async () => {
    const launched = start({ args: ['--gateway', gateway] });
    const pids = await pidsOf(launched);
    const guard = inRunFolder('guard.json').content.pid as number;
    const stranger = spawn('sleep', ['60'], { cwd: '/' });
    const { path, content } = inRunFolder('process-hello-1.json');
    // As if the pid of a replica that ended were used again.
    writeFileSync(
      path.replace('hello-1', 'hello-9'),
      JSON.stringify({ ...content, name: 'hello-9', pid: stranger.pid }),
    );
    for (const pid of [guard, launched.pid]) process.kill(pid, 'SIGKILL');
    await launched.end;
    expect(pids.filter(isAlive)).toEqual(pids);

    const next = start({ args: ['--gateway', gateway] });
    await next.ready();
    const told = next.lines.filter(({ msg }) => msg.startsWith('an earlier npm start'));
    expect(told.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^an earlier npm start \\(pid ${launched.pid}, in ${repository.root}\\) was killed: ending .*hello-2`,
        ),
      ),
    ]);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(runFolders()).toHaveLength(1);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    stranger.kill();
    next.signal('SIGTERM');
    await next.end;
    await expectNothingLeft();
  }, 40_000);
});

describe('npm start', () => {
  it('that is killed leaves none of the workers of its services behind', async () => {
    const launched = start({ root, args: ['--gateway', 'embedded'], env: { WORKERS: '2', DRAIN_DELAY_MS: '100' } });
    const pids = await pidsOf(launched);
    const workers = pids.flatMap(childrenOf);
    expect(workers.length).toBeGreaterThanOrEqual(pids.length);
    launched.signal('SIGKILL');
    await expectNothingLeft([...pids, ...workers]);
  }, 60_000);

  it('that is killed while it stops leaves nothing behind, and requests in flight are answered', async () => {
    const launched = start({ root, args: ['--gateway', gateways[0] as string] });
    const pids = await pidsOf(launched);
    const { replicas = [] } = await launched.ready();
    const guestbook = replicas.find(({ replica }) => replica === 'guestbook-1');
    const post = startPost(guestbook?.address ?? '');
    await pause(200);
    launched.signal('SIGTERM');
    await launched.until(({ msg }) => msg === 'guestbook-1 is stopping');
    await pause(200);
    launched.signal('SIGKILL');
    await pause(200);
    post.finish();
    expect(await post.status).toBe(201);
    await expectNothingLeft(pids);
  }, 60_000);

  it.each([
    ['npm, which passes no signal on', ['npm', 'start'], ''],
    ['the shell of its terminal', ['script', '-qec', 'npm start | cat; true', '/dev/null'], 'npm start | cat'],
  ] as const)('drains after kill -9 of %s', async (_, command, inner) => {
    repository.write(
      'package.json',
      JSON.stringify({ type: 'module', scripts: { start: `exec ${commandOf([process.execPath, ...nodeArgs])}` } }),
    );
    const launched = start({ command: [...command] });
    const pids = await pidsOf(launched);
    const shells = inner ? childrenOf(launched.pid) : [launched.pid];
    expect(shells).toHaveLength(1);
    for (const pid of shells) process.kill(pid, 'SIGKILL');
    await expectNothingLeft(pids);
  });

  it('is not taken for dead while it is stopped', async () => {
    const launched = start({ args: ['--gateway', 'embedded'] });
    const pids = await pidsOf(launched);
    launched.signal('SIGSTOP');
    const { code, stderr } = await start({ args: ['--gateway', 'embedded'] }).end;
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`is taken by the npm start of ${repository.root} (pid ${launched.pid})`),
    ]);
    launched.signal('SIGCONT');
    await pause(1_000);
    expect(pids.filter(isAlive)).toEqual(pids);
    expect((await fetch(`http://127.0.0.1:${port}/api/hello`)).status).toBe(200);
  });

  it('starts its guard again when that is killed', async () => {
    const launched = start({ args: ['--gateway', 'embedded'] });
    const pids = await pidsOf(launched);
    const guard = inRunFolder('guard.json').content.pid as number;
    process.kill(guard, 'SIGKILL');
    await launched.until(({ msg }) => msg.startsWith('the guard of npm start ended (killed by SIGKILL)'));
    await eventually(() => inRunFolder('guard.json').content.pid !== guard);
    launched.signal('SIGKILL');
    await launched.end;
    await expectNothingLeft(pids);
  });

  it('removes what a launcher left that was killed before it started anything', async () => {
    const folder = join(scratch, `parley-run-${2 ** 22 + 1}-abc`);
    mkdirSync(folder, { mode: 0o755 });
    const launched = start({ args: ['--gateway', 'embedded'] });
    await launched.ready();
    expect(runFolders()).toHaveLength(1);
  });
});

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}
