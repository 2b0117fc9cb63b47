import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { LocalError } from '../local-error.ts';
import { createProcessRecord, createRunFolder, recordedProcesses, removeRunFolder } from './run-folder.ts';

const owner = { root: '/repository', port: 8080, drainTimeoutMs: 1_000 };
const program = { name: 'hello-1', command: 'node', args: ['main.ts'], drainSignal: 'SIGTERM', stage: 0 } as const;
describe('the folder of a run', () => {
  it('keeps a record that can only be written over, as on a full disk', () => {
    const folder = createRunFolder(owner);
    const record = createProcessRecord(folder, program);
    record.started(process.pid);
    // Nothing new can be made under this name.
    mkdirSync(join(folder, 'process-hello-1.json.new', 'x'), { recursive: true });
    record.draining();
    expect(recordedProcesses(folder)).toMatchObject([{ pid: process.pid, isDraining: true }]);
    removeRunFolder(folder);
  });

  it('refuses a process that cannot be recorded, and forgets nothing of what is', () => {
    const folder = createRunFolder(owner);
    mkdirSync(join(folder, 'process-hello-1.json'));
    writeFileSync(join(folder, 'process-hello-1.json', 'x'), '');
    const record = createProcessRecord(folder, program);
    expect(() => record.started(process.pid)).toThrow(LocalError);
    expect(() => record.draining()).not.toThrow();
    expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
    removeRunFolder(folder);
    expect(existsSync(folder)).toBe(false);
  });
});
