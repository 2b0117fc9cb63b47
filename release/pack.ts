import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { publicPackages } from './public-packages.ts';

/**
 * Builds every public package into a tarball.
 *
 * @param folder where to; tarballs that are there already are removed
 * @returns paths of the tarballs, each after those that it depends on
 */
export function pack(root: string, folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (file.endsWith('.tgz')) rmSync(join(folder, file));
  const packages = publicPackages(root);
  const workspaces = packages.flatMap((one) => ['--workspace', one.folder]);
  const packing = ['pack', ...workspaces, '--pack-destination', resolve(folder), '--silent'];
  execFileSync('npm', packing, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return packages.map(({ name, version }) => join(folder, `${name.slice(1).replace('/', '-')}-${version}.tgz`));
}
