import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { portOf } from '../running-service.ts';
import { installed, node, outside, userEnvironment } from './outside.ts';

const folder = join(outside().home, 'shop');
const running: ChildProcess[] = [];

/** Starts a service of the shop; gives its URL. */
async function started(name: string, environment: Record<string, string> = {}): Promise<string> {
  const free = { HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0', DRAIN_DELAY_MS: '0' };
  const child = spawn(process.execPath, [`dist/${name}/main.js`], {
    cwd: folder,
    env: { ...userEnvironment(), ...free, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  return `http://127.0.0.1:${await portOf(child, name)}`;
}

// A contract in zod, one in valibot, and a caller of both, as a team writes them that has the tarballs alone.
describe('a shop of three services', () => {
  beforeAll(async () => {
    await cp(join(import.meta.dirname, 'shop'), folder, { recursive: true });
    await node(folder, [installed('typescript-7/bin/tsc')]);
  });
  afterAll(async () => {
    for (const child of running) {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      expect(child.exitCode).toBe(0);
    }
  });

  it.each(['5.6', '5.9'])('compiles with TypeScript %s too', async (version) => {
    await node(folder, [installed(`typescript-${version}/bin/tsc`), '--noEmit']);
  });

  it('takes orders: once for each key, and none of what is unknown', async () => {
    const catalogue = await started('catalogue');
    const orders = await started('orders', { CATALOGUE_URL: catalogue });
    const printed = await node(folder, ['dist/front/main.js'], { ORDERS_URL: orders });
    expect(printed).toBe('1 1350\n1 1350\n2 1350\nno tee\n2\n');
  });

  it('is tested with Vitest', async () => {
    expect(await node(folder, [installed('vitest/vitest.mjs'), 'run'])).toMatch(/Tests.*3 passed/);
  });

  it('is tested with Jest', async () => {
    const config = JSON.stringify({ rootDir: folder, testMatch: ['<rootDir>/dist/orders/*.check.js'], transform: {} });
    await node(folder, ['--experimental-vm-modules', installed('jest/bin/jest.js'), '--config', config]);
  });
});
