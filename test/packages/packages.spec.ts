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
    const rest = files.filter(
      (path) =>
        !/^(LICENSE|README\.md|package\.json|dist\/[\w/-]+(\.d\.ts|\.js)|dist\/gateways\/built-in\/\w+\.conf|templates\/.+\.template)$/.test(
          path,
        ),
    );
    expect(rest).toEqual([]);
    expect(files.filter((path) => /\.test\.(ts|js)$|test-/.test(path))).toEqual([]);
  });

  it('is clean for publint and are-the-types-wrong', async () => {
    await run(bin('publint'), [tarballOf(name), '--strict'], { cwd: root });
    await run(bin('attw'), [tarballOf(name), '--profile', 'esm-only'], { cwd: root });
  });
});

describe('a service elsewhere', () => {
  let greetings: RunningService;
  let hello: RunningService;
  let home: string;

  beforeAll(async () => {
    greetings = await startService('greetings');
    hello = await startService('hello', { GREETINGS_URL: greetings.url });
    home = join(folder, 'elsewhere');
    await run('mkdir', [home]);
    await writeFile(join(home, 'package.json'), '{ "name": "elsewhere", "private": true, "type": "module" }');
    await run('npm', ['install', '--no-audit', '--no-fund', ...tarballs, '@types/node@24.19.2'], { cwd: home });
  }, 180_000);

  afterAll(async () => {
    expect([await hello.stop(), await greetings.stop()]).toEqual([0, 0]);
  });

  /** What a file of TypeScript prints there, once its types are checked. */
  async function printedBy(name: string, code: string): Promise<string> {
    await writeFile(join(home, name), code);
    const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
    await run(bin('tsc'), [...strict, '--exactOptionalPropertyTypes', name], { cwd: home });
    const env = { ...process.env, HELLO_URL: hello.url };
    return (await run(process.execPath, [name], { cwd: home, env })).stdout;
  }

  it('installs the packages and calls hello with the lines of the README', async () => {
    const [, code] = /```ts\n([\s\S]*?)```/.exec(await readFile(join(root, 'README.md'), 'utf8')) ?? [];
    expect(await printedBy('greet.ts', code as string)).toMatch(/^Bonjour, Alice !\ntry one of \d\d others\n$/);
  });

  it('gives an upstream layers of its own, in either half', async () => {
    const code = `
      import { type AttemptLayer, type CallLayer, createUpstream } from '@parley/client';
      const perCall: CallLayer = (next) => (call) => {
        console.log(call.label);
        return next({ ...call, headers: { ...call.headers, 'accept-language': 'fr' } });
      };
      const perAttempt: AttemptLayer = (next) => (attempt) => {
        console.log(attempt.number, attempt.endpoint === process.env.HELLO_URL, attempt.headers['accept-language']);
        return next(attempt);
      };
      const layers = { call: [perCall], attempt: [perAttempt] };
      const upstream = createUpstream('hello', process.env.HELLO_URL as string, { layers });
      const path = '/api/hello?name=Ada';
      const { status } = await upstream.send({ label: 'GET hello', method: 'GET', path, headers: {}, safety: 'safe' });
      console.log(status);
      await upstream.close();
    `;
    expect(await printedBy('layers.ts', code)).toBe('GET hello\n1 true fr\n200\n');
  });

  it('shows the sentence of each option in the types', async () => {
    const types = await readFile(join(home, 'node_modules/@parley/client/dist/options/option-specs.d.ts'), 'utf8');
    const options = [...types.matchAll(/^ {4}(\w+): /gm)].map(([, name]) => name);
    const described = [...types.matchAll(/\*\/\n {4}(\w+): /g)].map(([, name]) => name);
    expect(options.length).toBeGreaterThan(40);
    expect(described).toEqual(options);
  });
});
