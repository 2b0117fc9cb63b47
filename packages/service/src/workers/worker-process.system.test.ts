import cluster from 'node:cluster';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, jest } from '@jest/globals';
import { WorkerProcess } from './worker-process.ts';

it('a worker that never gets ready is killed, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'worker-process-'));
  const exec = join(folder, 'hangs.mjs');
  writeFileSync(exec, 'setInterval(() => {}, 1000);');
  cluster.setupPrimary({ exec, execArgv: [], stdio: ['inherit', 'pipe', 'inherit', 'ipc'] });
  const socket = join(folder, 'socket');
  const worker = new WorkerProcess({ socket, adminPort: 0, onStop: () => {}, readyTimeoutMs: 300 });
  // How long it lives tells whether it crashes: a wall clock that somebody sets does not.
  const wallClock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 86_400_000);
  expect(await worker.ready).toBe(false);
  const { livedMs, ...end } = await worker.ended;
  wallClock.mockRestore();
  expect(end).toEqual({ how: 'not ready in 0.3 s', wasReady: false });
  expect(livedMs).toBeLessThan(3_600_000);
  rmSync(folder, { recursive: true });
});
