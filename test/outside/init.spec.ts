import { mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { launchElsewhere } from './launched-elsewhere.ts';
import { outside, quietly, run } from './outside.ts';

let shop: string;

const inShop = (command: string, ...args: string[]) => run(command, args, shop, { NODE_OPTIONS: '' });
const passed = (count: number) => new RegExp(`(#|ℹ) pass ${count}\\n`);

beforeAll(async () => {
  // As npx does: the launcher with what it needs, in a folder that has nothing else.
  const home = await mkdtemp(join(outside().folder, 'init-'));
  await writeFile(join(home, 'package.json'), '{ "private": true }');
  const tarballs = outside().tarballs.filter((path) => /\/parley-(?:contract|client|local)-/.test(path));
  const [local = ''] = tarballs.filter((path) => path.includes('/parley-local-'));
  await run('npm', ['install', ...quietly, ...tarballs], home);
  await run(join(home, 'node_modules/.bin/parley-local'), ['init', 'shop', '--packages', dirname(local)], home);
  shop = join(home, 'shop');
}, 240_000);

describe('a new repository', () => {
  it('has types and tests that pass', async () => {
    await inShop('npm', 'run', 'types');
    expect(await inShop('npm', 'test')).toMatch(passed(3));
  }, 60_000);

  it('greets through its gateway', async () => {
    const system = await launchElsewhere(shop, 'npm', 'start');
    const greeting = await (await fetch(`${system.url}/api/hello?name=Ada&language=fr`)).json();
    const shown = JSON.parse(await inShop('npx', '--no', 'parley', 'services', '--json'));
    const refusal = await fetch(`${system.url}/api/hello?name=Ada&language=tlh`);
    const problem = await refusal.json();
    await system.stop();
    expect(system.lines.at(-1)).toMatchObject({ msg: 'stopped' });
    expect(greeting).toEqual({ message: 'Bonjour, Ada !' });
    expect(JSON.stringify(shown)).toMatch(/greetings-2.*hello-2/);
    expect([refusal.status, problem]).toMatchObject([404, { type: 'urn:parley:problem:unknown_language' }]);
  }, 60_000);

  it('runs one service with what it depends on', async () => {
    const system = await launchElsewhere(shop, 'npm', 'start', '--', 'hello');
    const greeting = await fetch(`${system.url}/api/hello?name=Ada`);
    await system.stop();
    expect([greeting.status, await greeting.json()]).toEqual([200, { message: 'Hello, Ada!' }]);
  }, 60_000);

  it('takes a service and operations, with types and tests that pass, and serves them', async () => {
    const added = await inShop('npm', 'run', '--silent', 'new', 'service', 'price-list');
    expect(added.split('\n')).toEqual(
      expect.arrayContaining(['services/price-list/contract/contract.ts', 'docker-compose.yml', 'nginx/routes.conf']),
    );
    await inShop('npm', 'run', 'new', 'operation', 'price-list', 'echoText');
    await inShop('npm', 'run', 'new', 'operation', 'hello', 'echoText');
    await inShop('npm', 'run', 'types');
    expect(await inShop('npm', 'test')).toMatch(passed(5));
    const system = await launchElsewhere(shop, 'npm', 'start', '--', '--gateway', 'embedded');
    const answers = await Promise.all(
      ['/api/price-list/1', '/api/price-list/echo-text?text=a', '/api/hello/echo-text?text=b'].map(async (path) =>
        (await fetch(`${system.url}${path}`)).json(),
      ),
    );
    await system.stop();
    expect(system.gateway).toBe('embedded');
    expect(answers).toEqual([{ id: '1', title: 'First' }, { text: 'a' }, { text: 'b' }]);
  }, 90_000);

  it('has no mistake in its wiring, with the service that was added too', async () => {
    const { findings, files } = JSON.parse(await inShop('npx', '--no', 'parley', 'wiring', 'check', '--json'));
    expect(findings).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['docker-compose.yml', 'nginx/nginx.conf', 'nginx/routes.conf']));
  });

  it('installs from its lockfile, as CI does', async () => {
    await inShop('npm', 'ci', ...quietly);
  }, 90_000);
});
