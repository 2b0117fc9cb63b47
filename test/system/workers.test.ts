import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream } from '@parley/client';
import { defineContract, get } from '@parley/contract';
import { z } from 'zod';
import { eventually } from '../eventually.ts';
import { root } from '../source-files.ts';

/** As in `packages/service/test-fixtures/workers-main.ts`. */
const shared = defineContract('shared', {
  answer: get('/api/answer', {
    summary: 'Answers after a while',
    input: z.object({ ms: z.coerce.number<number>().default(0) }),
    output: z.object({ pid: z.number() }),
  }),
});

let stop = async () => {};

/** Starts a service with two workers, and answers with its address once both are ready. */
async function started(): Promise<string> {
  const main = join(root, 'packages/service/test-fixtures/workers-main.ts');
  const child = spawn(process.execPath, ['--conditions=@parley/source', main], {
    env: { ...process.env, WORKERS: '2', HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0', DRAIN_DELAY_MS: '100' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  stop = async () => {
    child.kill('SIGTERM');
    await exit;
  };
  const lines: { msg: string; port: number }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  await eventually(() => lines.some(({ msg }) => msg === 'all workers are ready'), 6_000);
  return `http://127.0.0.1:${lines.find(({ msg }) => msg === 'listening')?.port}`;
}

describe('a service with two workers', () => {
  afterEach(() => stop());

  it('fails no call of a client while a worker is killed', async () => {
    const upstream = createUpstream('shared', await started());
    const { answer } = createClient(shared, upstream);
    const seen = new Set<number>();
    const failed: unknown[] = [];
    let answered = 0;
    let isOver = false;
    const calling = Array.from({ length: 6 }, async () => {
      while (!isOver) {
        await answer({ ms: 5 }).then(
          ({ pid }) => {
            seen.add(pid);
            answered++;
          },
          (error) => failed.push(error),
        );
      }
    });
    const [one] = await eventually(() => seen.size === 2 && [...seen], 3_000);
    process.kill(one as number, 'SIGKILL');
    const before = answered;
    await eventually(() => answered >= before + 100, 3_000);
    isOver = true;
    await Promise.all(calling);
    await upstream.close();
    expect(failed).toEqual([]);
  });
});
