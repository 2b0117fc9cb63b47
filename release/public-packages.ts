import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package that users install. */
export interface PublicPackage {
  readonly name: string;
  readonly version: string;
  /** From the root of the repository. */
  readonly folder: string;
}

/** A `package.json`, as far as releases are concerned. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly workspaces?: readonly string[];
  readonly repository?: { readonly type: string; readonly url: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Reads the `package.json` of a folder, which is named from the root. */
export function manifestIn(root: string, folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

/** The workspaces that are not private, in the order of `workspaces`: each after those that it depends on. */
export function publicPackages(root: string): readonly PublicPackage[] {
  return (manifestIn(root, '.').workspaces ?? [])
    .map((folder) => ({ folder, manifest: manifestIn(root, folder) }))
    .filter(({ manifest }) => !manifest.private)
    .map(({ folder, manifest: { name, version = '0.0.0' } }) => ({ name, version, folder }));
}
