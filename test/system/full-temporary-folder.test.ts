import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { isAlive, launch } from '../../packages/local/test-fixtures/launched.ts';
import { createRepositoryFolder } from '../../packages/local/test-fixtures/repository-folder.ts';
import { eventually } from '../eventually.ts';
import { freePort } from '../free-port.ts';
import { has } from '../needs.ts';

let repository: ReturnType<typeof createRepositoryFolder>;
let scratch: string;
let disk: string;
let isMounted = false;
const started: ReturnType<typeof launch>[] = [];

beforeAll(() => {
  repository = createRepositoryFolder();
  scratch = mkdtempSync(join(tmpdir(), 'full-temporary-folder-'));
  disk = join(scratch, 'disk');
  mkdirSync(disk);
  isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'parley-test', disk]).status === 0;
  if (!isMounted) console.warn('this process may not mount a small disk: what happens on a full one is not tested');
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((launched) => launched.close()));
});
afterAll(() => {
  if (isMounted) spawnSync('umount', [disk]);
  rmSync(scratch, { recursive: true, force: true });
  repository.close();
});

async function start(gateway: string, temporary: string) {
  const env = { TMPDIR: temporary, DATA_DIR: join(scratch, 'data'), PORT: String(await freePort()) };
  const launched = launch({
    root: repository.root,
    args: ['--gateway', gateway],
    env: { ...env, NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  started.push(launched);
  return launched;
}

function fill(): void {
  const file = openSync(join(disk, 'ballast'), 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4_096, 'x'));
  } catch {
    closeSync(file);
  }
}

const leftovers = () => readdirSync(disk).filter((name) => name.startsWith('parley-'));

describe.each(has('nginx') ? ['nginx', 'embedded'] : ['embedded'])('npm start behind %s', (gateway) => {
  it('says in one sentence that its temporary folder is full or missing, and leaves nothing there', async () => {
    const missing = await (await start(gateway, join(scratch, 'missing'))).end;
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/^temporary files cannot be written to \S+ \(ENOENT\): make room there, [^\n]+\n$/);
    if (!isMounted) return;
    fill();
    const full = await (await start(gateway, disk)).end;
    rmSync(join(disk, 'ballast'));
    expect(full.code).toBe(1);
    expect(full.stderr).toMatch(/^temporary files cannot be written to \S+ \(ENOSPC\): make room there, [^\n]+\n$/);
    expect(leftovers()).toEqual([]);
  }, 30_000);

  it('goes on and restarts what dies though its temporary folder is full, and leaves nothing behind', async () => {
    if (!isMounted) return;
    const launched = await start(gateway, disk);
    const { replicas = [], gatewayPid } = await launched.ready();
    fill();
    const victims = replicas.filter(({ replica }) => replica.endsWith('-1')).map(({ pid }) => pid);
    for (const pid of victims) process.kill(pid, 'SIGKILL');
    const names = replicas.filter(({ pid }) => victims.includes(pid)).map(({ replica }) => replica);
    for (const name of names) {
      await eventually(() => {
        const times = launched.lines.filter(({ msg }) => msg === `${name} is ready`).length;
        return times > 1 ? true : undefined;
      }, 15_000);
    }
    launched.signal('SIGKILL');
    await launched.end;
    const pids = [...replicas.map(({ pid }) => pid), ...(gatewayPid ? [gatewayPid] : [])];
    await eventually(() => !pids.some(isAlive) && leftovers().length === 0, 2_000);
    rmSync(join(disk, 'ballast'));
  }, 60_000);
});
