import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { files, root } from '../source-files.ts';
import { type Outside, outsideVariable, quietly, tools, userEnvironment } from './outside.ts';

const run = promisify(execFile);

/** Packs a clean clone with the one command for that, and installs the tarballs in a folder outside the workspace. */
export default async function setUp(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-outside-'));
  try {
    process.env[outsideVariable] = JSON.stringify(await makeOutside(folder));
  } catch (error) {
    await rm(folder, { recursive: true, force: true }); // Jest calls no teardown then
    throw error;
  }
}

async function makeOutside(folder: string): Promise<Outside> {
  const [clone, home, env] = [join(folder, 'clone'), join(folder, 'home'), userEnvironment()];
  await copyWorkTree(clone);
  const ci = await run('npm', ['ci'], { cwd: clone, env });
  const packing = await run('npm', ['run', '--silent', 'pack'], { cwd: clone, env });
  const packed = packing.stdout.trim().split('\n');
  const tarballs = packed.map((path) => join(clone, path));
  await mkdir(home);
  const allowScripts = { bun: true, deno: true, esbuild: true, 'node-20': true, 'node-22.23': true };
  const manifest = { name: 'elsewhere', private: true, type: 'module', allowScripts };
  await writeFile(join(home, 'package.json'), JSON.stringify(manifest));
  const install = await run('npm', ['install', ...quietly, ...tarballs, ...tools], { cwd: home, env });
  return { folder, clone, home, tarballs, warnings: ci.stderr + install.stderr };
}

/** What a clone of the next commit would have: changes of today are tested too. */
async function copyWorkTree(clone: string): Promise<void> {
  for (const path of files('.')) {
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await copyFile(join(root, path), join(clone, path));
  }
}
