import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { root } from '../source-files.ts';
import { outside, pathOfNode, quietly, run, userEnvironment } from './outside.ts';

const execute = promisify(execFile);

/** What npm warns of in a folder, where its Node is this one. */
async function warnings(version: '20' | '22.23', folder: string, ...args: string[]): Promise<string> {
  const env = { ...userEnvironment(), PATH: pathOfNode(version) };
  return (await execute('npm', [...args, '--dry-run', ...quietly], { cwd: folder, env })).stderr;
}

describe('Node 22.23, the lowest that packages allow', () => {
  it('is what each package says', async () => {
    const engines = ['contract', 'client', 'service', 'telemetry', 'local'].map(async (name) => {
      return JSON.parse(await readFile(join(root, 'packages', name, 'package.json'), 'utf8')).engines.node;
    });
    expect(new Set(await Promise.all(engines))).toEqual(new Set(['>=22.23']));
    expect(await readFile(join(root, 'README.md'), 'utf8')).toContain('Needs Node 22.23 or later');
  });

  it('has npm warn of nothing, in a clone and elsewhere', async () => {
    const elsewhere = await mkdtemp(join(outside().folder, 'elsewhere-'));
    await writeFile(join(elsewhere, 'package.json'), '{ "private": true }');
    expect(await warnings('22.23', elsewhere, 'install', ...outside().tarballs)).not.toContain('EBADENGINE');
    expect(await warnings('22.23', outside().clone, 'ci')).not.toContain('EBADENGINE');
    expect(await warnings('20', outside().clone, 'ci')).toContain('EBADENGINE');
  });
});

describe('npm start on Node 20', () => {
  const start = (folder: string) => run('npm', ['start', '--', '--help'], folder, { PATH: pathOfNode('20') });

  it('runs on the Node that npm ci brings', async () => {
    expect(await start(outside().clone)).toContain('Runs every service of docker-compose.yml');
  });

  it('says what to do before npm ci', async () => {
    const folder = await mkdtemp(join(outside().folder, 'bare-'));
    await writeFile(join(folder, 'package.json'), await readFile(join(root, 'package.json'), 'utf8'));
    await expect(start(folder)).rejects.toThrow(/npm start runs on what npm ci installs: run npm ci first\n/);
  });
});
