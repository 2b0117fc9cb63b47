import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../source-files.ts';

const run = promisify(execFile);

/** Packs packages of ours into a folder, as `npm publish` would. Resolves with the paths of the tarballs. */
export async function packInto(folder: string, names: readonly string[]): Promise<string[]> {
  const workspaces = names.flatMap((name) => ['--workspace', `packages/${name}`]);
  await run('npm', ['pack', ...workspaces, '--pack-destination', folder], { cwd: root });
  return (await readdir(folder)).filter((file) => file.endsWith('.tgz')).map((file) => join(folder, file));
}
