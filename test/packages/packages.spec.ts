import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningService, startService } from '../running-service.ts';
import { root } from '../source-files.ts';

const run = promisify(execFile);
const bin = (name: string) => join(root, 'node_modules/.bin', name);
const names = ['contract', 'client', 'service', 'local'];

let folder: string;
let tarballs: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-packages-'));
  await run('npm', ['pack', '--workspaces', '--pack-destination', folder], { cwd: root });
  tarballs = (await readdir(folder)).filter((file) => file.endsWith('.tgz')).map((file) => join(folder, file));
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const tarballOf = (name: string) => tarballs.find((path) => path.includes(`/parley-${name}-`)) as string;

describe.each(names)('@parley/%s', (name) => {
  it('holds what was built, README and licence, and nothing else', async () => {
    const { stdout } = await run('tar', ['-tzf', tarballOf(name)]);
    const files = stdout
      .trim()
      .split('\n')
      .map((path) => path.replace('package/', ''));
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']),
    );
    const rest = files.filter((path) => !/^(LICENSE|README\.md|package\.json|dist\/[\w/-]+(\.d\.ts|\.js))$/.test(path));
    expect(rest).toEqual([]);
    expect(files.filter((path) => /\.test\.|test-/.test(path))).toEqual([]);
  });

  it('is clean for publint and are-the-types-wrong', async () => {
    await run(bin('publint'), [tarballOf(name), '--strict'], { cwd: root });
    await run(bin('attw'), [tarballOf(name), '--profile', 'esm-only'], { cwd: root });
  });
});

describe('a service elsewhere', () => {
  let greetings: RunningService;
  let hello: RunningService;

  beforeAll(async () => {
    greetings = await startService('greetings');
    hello = await startService('hello', { GREETINGS_URL: greetings.url });
  });

  afterAll(async () => {
    expect([await hello.stop(), await greetings.stop()]).toEqual([0, 0]);
  });

  it('installs the packages and calls hello with the lines of the README', async () => {
    const home = join(folder, 'elsewhere');
    const options = { cwd: home };
    await run('mkdir', [home]);
    await writeFile(join(home, 'package.json'), '{ "name": "elsewhere", "private": true, "type": "module" }');
    await run('npm', ['install', '--no-audit', '--no-fund', ...tarballs, '@types/node@24.19.2'], options);

    const [, code] = /```ts\n([\s\S]*?)```/.exec(await readFile(join(root, 'README.md'), 'utf8')) ?? [];
    await writeFile(join(home, 'greet.ts'), code as string);
    const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
    await run(bin('tsc'), [...strict, '--exactOptionalPropertyTypes', 'greet.ts'], options);

    const { stdout } = await run(process.execPath, ['greet.ts'], {
      ...options,
      env: { ...process.env, HELLO_URL: hello.url },
    });
    expect(stdout).toMatch(/^Bonjour, Alice !\ntry one of \d\d others\n$/);
  });
});
