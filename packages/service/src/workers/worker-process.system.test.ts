import cluster from 'node:cluster';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { WorkerProcess } from './worker-process.ts';

it('a worker that never gets ready is killed, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'worker-process-'));
  const exec = join(folder, 'hangs.mjs');
  writeFileSync(exec, 'setInterval(() => {}, 1000);');
  cluster.setupPrimary({ exec, execArgv: [], stdio: ['inherit', 'pipe', 'inherit', 'ipc'] });
  const socket = join(folder, 'socket');
  const worker = new WorkerProcess({ socket, adminPort: 0, onStop: () => {}, readyTimeoutMs: 300 });
  expect(await worker.ready).toBe(false);
  expect(await worker.ended).toMatchObject({ how: 'not ready in 0.3 s', wasReady: false });
  rmSync(folder, { recursive: true });
});
