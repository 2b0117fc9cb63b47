import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { publicPackages } from './public-packages.ts';

/**
 * Builds every public package into a tarball.
 *
 * @param folder where to; tarballs that are there already are removed
 * @returns paths of the tarballs
 */
export function pack(root: string, folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const tarballs = () => readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  for (const file of tarballs()) rmSync(join(folder, file));
  const workspaces = publicPackages(root).flatMap((one) => ['--workspace', one.folder]);
  const packing = ['pack', ...workspaces, '--pack-destination', resolve(folder), '--silent'];
  execFileSync('npm', packing, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return tarballs().map((file) => join(folder, file));
}
