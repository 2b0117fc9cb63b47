import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { publicPackages } from '../../release/public-packages.ts';
import { root } from '../source-files.ts';
import { node, outside, quietly } from './outside.ts';

const run = promisify(execFile);
const manifestOf = async (folder: string) => JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));

/** The lowest version that each range of our packages allows: `^1.19.0` is 1.19.0. */
const lowest: Record<string, string> = {};
for (const { folder } of publicPackages(root)) {
  const { dependencies = {} } = await manifestOf(join(root, folder));
  for (const [name, range] of Object.entries<string>(dependencies)) {
    if (!name.startsWith('@parley/')) lowest[name] = range.slice(1);
  }
}

/** The version of each of them in a folder. */
async function versionsIn(folder: string): Promise<Record<string, string>> {
  const names = Object.keys(lowest);
  const manifests = await Promise.all(names.map((name) => manifestOf(join(folder, 'node_modules', name))));
  return Object.fromEntries(manifests.map(({ name, version }) => [name, version]));
}

async function greetAndFailIn(folder: string): Promise<string> {
  await cp(join(import.meta.dirname, 'programs/greet-and-fail.mjs'), join(folder, 'greet-and-fail.mjs'));
  return node(folder, ['greet-and-fail.mjs']);
}

const wellDone = [
  '1.1 Hello, Ada! too_shy true Hello, Eve!',
  '2 Hello, Ada! too_shy true Hello, Eve!',
  'true unavailable 3',
  '',
].join('\n');

describe('the packages with the lowest version that each of their ranges allows', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(outside().folder, 'lowest-'));
    const manifest = { private: true, type: 'module', dependencies: lowest, overrides: lowest };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    const install = ['install', ...quietly, ...outside().tarballs];
    await run('npm', install, { cwd: folder });
  });

  it('have those versions', async () => {
    expect(Object.keys(lowest)).toEqual(expect.arrayContaining(['axios', 'express', 'pino', 'undici', 'opossum']));
    expect(await versionsIn(folder)).toEqual(lowest);
  });

  it('greet, and fail as they should', async () => {
    expect(await greetAndFailIn(folder)).toBe(wellDone);
  });
});

describe('the packages with the newest versions that the registry has for their ranges', () => {
  it('greet, and fail as they should', async () => {
    expect(await greetAndFailIn(outside().home)).toBe(wellDone);
  });
});
