import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { publicPackages } from '../../release/public-packages.ts';
import { root } from '../source-files.ts';
import { installed, node, outside, project, quietly } from './outside.ts';

const run = promisify(execFile);
const bin = (name: string) => join(root, 'node_modules/.bin', name);
const packages = ['contract', 'client', 'service', 'telemetry', 'local', 'cli'];
const contracts = ['greetings', 'hello', 'guestbook'];

const tarballOf = (name: string) => outside().tarballs.find((path) => path.includes(`/parley-${name}-`)) as string;

/** The doors of a package: `@parley/client/testing`. */
const doorsOf = async (name: string) => {
  const { exports } = JSON.parse(await readFile(installed(`@parley/${name}/package.json`), 'utf8'));
  return Object.keys(exports).map((door) => `@parley/${name}${door.slice(1)}`);
};

it('come from a clean clone, one for each package that is not private, and install without a warning', () => {
  const expected = publicPackages(root).map(({ name }) => name.replace('@parley/', ''));
  expect([...packages, ...contracts].sort()).toEqual([...expected].sort());
  expect(outside().tarballs).toHaveLength(expected.length);
  expect(outside().warnings.match(/EBADENGINE|deprecated|ERESOLVE/g)).toBeNull();
});

describe.each(packages)('@parley/%s', (name) => {
  it('holds what was built, README and licence, and nothing else', async () => {
    const { stdout } = await run('tar', ['-tzf', tarballOf(name)]);
    const files = stdout
      .trim()
      .split('\n')
      .map((path) => path.replace('package/', ''));
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']),
    );
    const wanted =
      /^(LICENSE|README\.md|package\.json|dist\/[\w/-]+(\.d\.ts|\.js|\.d\.cts|\.cjs)|dist\/gateways\/built-in\/\w+\.(conf|cfg)|dist\/admin\/docs\/page\/\w+\.(html|css|svg)|templates\/.+\.template|bin\/parley\.js)$/;
    expect(files.filter((path) => !wanted.test(path))).toEqual([]);
    expect(files.filter((path) => /\.test\.[cm]?[jt]s$|test-/.test(path))).toEqual([]);
  });

  it('is clean for publint and are-the-types-wrong', async () => {
    await run(bin('publint'), [tarballOf(name), '--strict'], { cwd: root });
    await run(bin('attw'), [tarballOf(name), '--profile', 'node16'], { cwd: root });
  });
});

describe.each(contracts)('the contract @parley/%s', (name) => {
  it('is clean for publint and are-the-types-wrong', async () => {
    await run(bin('publint'), [tarballOf(name), '--strict'], { cwd: root });
    await run(bin('attw'), [tarballOf(name), '--profile', 'node16'], { cwd: root });
  });
});

it('of a contract bring @parley/contract and its validator, and nothing of the service', async () => {
  const folder = await mkdtemp(join(outside().folder, 'contract-'));
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const needed = ['contract', 'greetings', 'hello'].map(tarballOf);
  await run('npm', ['install', ...quietly, ...needed], { cwd: folder });
  const scopes = ['', '@parley', '@standard-schema'];
  const names = await Promise.all(scopes.map((scope) => readdir(join(folder, 'node_modules', scope))));
  expect(names.flat().filter((name) => !/^[.@]/.test(name))).toEqual(['zod', 'contract', 'greetings', 'hello', 'spec']);
});

it('have the same module behind import and require, at each door', async () => {
  const doors = (await Promise.all([...packages, ...contracts].map(doorsOf))).flat();
  const code = `
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    for (const door of ${JSON.stringify(doors)}) {
      const [imported, required] = [await import(door), require(door)];
      const names = Object.keys(imported).filter((name) => name !== 'module.exports');
      if (names.length === 0 || !names.every((name) => imported[name] === required[name])) console.log(door);
    }`;
  expect(doors.length).toBeGreaterThan(9);
  expect(await node(await project('doors', { 'doors.mjs': code }), ['doors.mjs'])).toBe('');
});

it('run the command line', async () => {
  const { version } = JSON.parse(await readFile(installed('@parley/cli/package.json'), 'utf8'));
  const words = [installed('@parley/cli/bin/parley.js'), '--version'];
  expect(await node(outside().home, words)).toBe(`${version}\n`);
});

it('have the page of the API docs, with all that it loads', async () => {
  const code = `
    import { defineContract } from '@parley/contract';
    import { startService } from '@parley/service/testing';
    const service = await startService(defineContract('shop', {}), {});
    const textOf = async (path) => (await fetch(new URL(path, service.adminUrl))).text();
    const page = await textOf('/docs');
    const linked = [...page.matchAll(/(?:src|href)="(docs\\/[^"]+)"/g)].map(([, path]) => '/' + path);
    const main = await textOf('/docs/main.js');
    const imported = [...main.matchAll(/from '\\.\\/(\\S+)'/g)].map(([, name]) => '/docs/' + name);
    for (const path of [...linked, ...imported]) console.log((await fetch(new URL(path, service.adminUrl))).status);
    await service.stop();`;
  const statuses = (await node(await project('page', { 'page.mjs': code }), ['page.mjs'])).trim().split('\n');
  expect(statuses.length).toBeGreaterThan(4);
  expect(new Set(statuses)).toEqual(new Set(['200']));
});

it('have types that TypeScript 5.6 to 7 understands, declaration by declaration', async () => {
  const doors = (await Promise.all(packages.map(doorsOf))).flat().filter((door) => door !== '@parley/service/stores');
  const code = doors.map((door, index) => `export * as door${index} from '${door}';`).join('\n');
  const folder = await project('declarations', { 'declarations.ts': code });
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
  for (const version of ['5.6', '5.9', '7']) {
    await node(folder, [installed(`typescript-${version}/bin/tsc`), ...options, 'declarations.ts']);
  }
});

it('show the sentence of each option in the types', async () => {
  const types = await readFile(installed('@parley/client/dist/options/option-specs.d.ts'), 'utf8');
  const options = [...types.matchAll(/^ {4}(\w+): /gm)].map(([, name]) => name);
  const described = [...types.matchAll(/\*\/\n {4}(\w+): /g)].map(([, name]) => name);
  expect(options.length).toBeGreaterThan(40);
  expect(described).toEqual(options);
});
