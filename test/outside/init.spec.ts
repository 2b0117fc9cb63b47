import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { launchElsewhere } from './launched-elsewhere.ts';
import { outside, quietly } from './outside.ts';

const run = promisify(execFile);

let shop: string;

/** Runs a command in the new repository; rejects with all that it printed where it fails. */
async function inShop(command: string, ...args: string[]): Promise<string> {
  try {
    return (await run(command, args, { cwd: shop, env: { ...process.env, NODE_OPTIONS: '' } })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed: ${stdout}${stderr}`);
  }
}

beforeAll(async () => {
  const { folder, tarballs } = outside();
  const home = await mkdtemp(join(folder, 'init-'));
  const launcher = tarballs.find((path) => path.includes('/parley-local-')) as string;
  // As npx does: the launcher alone, in a folder that has nothing else.
  await run('npm', ['install', ...quietly, '--prefix', home, launcher]);
  shop = join(home, 'shop');
  await run(join(home, 'node_modules/.bin/parley-local'), ['init', 'shop', '--packages', dirname(launcher)], {
    cwd: home,
  });
});

describe('a new repository', () => {
  it('has types and tests that pass', async () => {
    await inShop('npm', 'run', 'types');
    expect(await inShop('npm', 'test')).toMatch(/# pass 3|ℹ pass 3/);
  });

  it('greets through its gateway', async () => {
    const house = await launchElsewhere(shop, 'npm', 'start');
    const greeting = await (await fetch(`${house.url}/api/hello?name=Ada&language=fr`)).json();
    await house.stop();
    expect(house.lines.at(-1)).toMatchObject({ msg: 'stopped' });
    expect(greeting).toEqual({ message: 'Bonjour, Ada !' });
  });

  it('takes a service and operations, with types and tests that pass, and serves them', async () => {
    const added = await inShop('npm', 'run', '--silent', 'new', 'service', 'price-list');
    expect(added.split('\n')).toEqual(
      expect.arrayContaining(['services/price-list/contract/contract.ts', 'docker-compose.yml', 'nginx/routes.conf']),
    );
    await inShop('npm', 'run', 'new', 'operation', 'price-list', 'echoText');
    await inShop('npm', 'run', 'new', 'operation', 'hello', 'echoText');
    await inShop('npm', 'run', 'types');
    expect(await inShop('npm', 'test')).toMatch(/# pass 5|ℹ pass 5/);
    const house = await launchElsewhere(shop, 'npm', 'start', '--', '--gateway', 'embedded');
    const answers = await Promise.all(
      ['/api/price-list/1', '/api/price-list/echo-text?text=a', '/api/hello/echo-text?text=b'].map(async (path) =>
        (await fetch(`${house.url}${path}`)).json(),
      ),
    );
    await house.stop();
    expect(house.lines.at(-1)).toMatchObject({ msg: 'stopped' });
    expect(answers).toEqual([{ id: '1', title: 'First' }, { text: 'a' }, { text: 'b' }]);
  });

  it('installs from its lockfile, as CI does', async () => {
    await inShop('npm', 'ci', '--no-audit', '--no-fund');
  });
});
