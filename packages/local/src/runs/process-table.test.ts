import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fromPs, processAt, processesIn } from './process-table.ts';

let sleeper: ChildProcess;
let pid: number;

beforeAll(async () => {
  sleeper = spawn('sleep', ['30'], { detached: true });
  await once(sleeper, 'spawn');
  pid = sleeper.pid ?? 0;
});
afterAll(() => {
  sleeper.kill('SIGKILL');
});

describe('the process table', () => {
  it('has a process with its group, its command and a start time that stays', () => {
    const found = processAt(pid);
    expect(found).toMatchObject({ pid, group: pid, command: 'sleep 30' });
    expect(processAt(pid)).toEqual(found);
    expect(found?.startedAt).not.toBe(processAt(process.pid)?.startedAt);
  });

  it('has the same from ps', () => {
    expect(fromPs(['-p', String(pid)])).toMatchObject([{ pid, group: pid, command: 'sleep 30' }]);
    expect(fromPs(['-A']).map((each) => each.pid)).toEqual(expect.arrayContaining([pid, process.pid]));
  });

  it('finds all of a group', () => {
    expect(processesIn(new Set([pid]))).toEqual([processAt(pid)]);
  });

  it('has no process that ended', async () => {
    const ended = spawn('true');
    await once(ended, 'exit');
    expect(processAt(ended.pid ?? 0)).toBeUndefined();
    expect(fromPs(['-p', String(ended.pid)])).toEqual([]);
  });
});
