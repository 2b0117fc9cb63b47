import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createProcessRecord, createRunFolder, removeRunFolder } from './run-folder.ts';
import { runningSystems } from './running-systems.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) removeRunFolder(folder);
});

/** A root that no other run on this machine has. */
const root = `/repository-${process.pid}`;
const found = () => runningSystems().filter((system) => system.root === root);

function run() {
  const folder = createRunFolder({ root, port: 8080, drainTimeoutMs: 1_000 });
  folders.push(folder);
  return (name: string, record = name) => {
    const replica = { service: 'hello', name, address: `http://127.0.0.1:1`, operators: `http://127.0.0.1:2` };
    return createProcessRecord(folder, {
      name: record,
      command: 'node',
      args: [],
      drainSignal: 'SIGTERM',
      stage: 0,
      replica,
    });
  };
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid as number;
}

describe('running systems', () => {
  it('are what launchers recorded: gateway and replicas, by name, and not nginx', () => {
    const record = run();
    record('hello-10').started(process.pid);
    record('hello-2').started(process.pid);
    const nginx = { name: 'nginx', command: 'nginx', args: [], drainSignal: 'SIGQUIT', stage: 9 } as const;
    createProcessRecord(folders[0] as string, nginx).started(process.pid);
    expect(found()).toMatchObject([
      {
        root,
        pid: process.pid,
        url: 'http://localhost:8080',
        replicas: [
          { service: 'hello', name: 'hello-2', address: 'http://127.0.0.1:1', operators: 'http://127.0.0.1:2' },
          { name: 'hello-10', pid: process.pid, isDraining: false },
        ],
      },
    ]);
  });

  it('name a replica whose process is dead, without a pid', async () => {
    run()('hello-1').started(await deadPid());
    expect(found()[0]?.replicas).toMatchObject([{ name: 'hello-1', pid: undefined }]);
  });

  it('name a replica once in watch mode: by the process that serves', async () => {
    const record = run();
    const old = record('hello-1', 'hello-1-20001');
    old.started(process.pid);
    old.draining();
    record('hello-1', 'hello-1-20003').started(process.ppid);
    expect(found()[0]?.replicas).toMatchObject([{ name: 'hello-1', pid: process.ppid, isDraining: false }]);
  });

  it('are not those whose launcher is gone', async () => {
    run();
    const owner = { pid: await deadPid(), startedAt: 'then', root, port: 8080, drainTimeoutMs: 1_000 };
    writeFileSync(join(folders[0] as string, 'launcher.json'), JSON.stringify(owner));
    expect(found()).toEqual([]);
  });

  it('are gone with their folders', () => {
    run()('hello-1').started(process.pid);
    for (const folder of folders) removeRunFolder(folder);
    expect(found()).toEqual([]);
  });
});
