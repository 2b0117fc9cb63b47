import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package that users install. */
export interface PublicPackage {
  readonly name: string;
  /** From the root of the repository. */
  readonly folder: string;
}

/** The workspaces that are not private, in the order of `workspaces`: each after those that it depends on. */
export function publicPackages(root: string): readonly PublicPackage[] {
  const manifestIn = (folder: string) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const workspaces: readonly string[] = manifestIn('.').workspaces;
  return workspaces
    .map((folder) => ({ folder, manifest: manifestIn(folder) }))
    .filter(({ manifest }) => !manifest.private)
    .map(({ folder, manifest }) => ({ name: manifest.name, folder }));
}
