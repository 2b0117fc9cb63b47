import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openSqliteStore } from './sqlite-store.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestbook-'));
  file = join(folder, 'guestbook.sqlite');
});
afterEach(() => rm(folder, { recursive: true }));

describe('a SQLite file of several processes', () => {
  it('loses no acknowledged visit when several processes write and one is killed', async () => {
    const victim = startWriter(1_000_000);
    const others = [startWriter(150), startWriter(150)];
    // Killed in the middle of its work, and of everybody else's.
    victim.lines.on('line', () => victim.acknowledged.length === 40 && victim.process.kill('SIGKILL'));
    const ends = await Promise.all([victim, ...others].map((writer) => writer.ended));
    expect(ends).toEqual(['SIGKILL', 0, 0]);

    const store = await openSqliteStore(file);
    const kept = new Set((await store.list({ limit: 1_000_000 })).map((visit) => visit.id));
    await store.close();
    const acknowledged = [victim, ...others].flatMap((writer) => writer.acknowledged);
    expect(acknowledged.length).toBeGreaterThanOrEqual(340);
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    // The victim may have been killed between the commit and the word of it.
    expect(kept.size - acknowledged.length).toBeLessThanOrEqual(1);
  });

  it('is made once when several processes open it at once', async () => {
    const writers = Array.from({ length: 4 }, () => startWriter(1));
    expect(await Promise.all(writers.map((writer) => writer.ended))).toEqual([0, 0, 0, 0]);
    const store = await openSqliteStore(file);
    expect(await store.list({ limit: 10 })).toHaveLength(4);
    await store.close();
  });
});

interface Writer {
  readonly process: ChildProcess;
  readonly lines: ReturnType<typeof createInterface>;
  readonly acknowledged: string[];
  readonly ended: Promise<unknown>;
}

function startWriter(count: number): Writer {
  const script = join(import.meta.dirname, '../test-fixtures/test-writer.ts');
  const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, script, file, `${count}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  const lines = createInterface(child.stdout).on('line', (line) => acknowledged.push(line));
  const ended = once(child, 'close').then(([code, signal]) => signal ?? code);
  return { process: child, lines, acknowledged, ended };
}
