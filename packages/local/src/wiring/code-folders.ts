import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { mappingOf } from './mapping.ts';
import { readJsonFile } from './text-file.ts';

/**
 * Folders whose code a service runs: its own, and those of workspaces of the repository that its package.json depends on.
 * Packages that are installed are not among them.
 */
export function codeFolders(folder: string, root: string): readonly string[] {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return [folder];
  const names = Object.keys(mappingOf(readJsonFile(path).dependencies) ?? {});
  const places = names.flatMap((name) => [join(folder, 'node_modules', name), join(root, 'node_modules', name)]);
  const real = places.filter((place) => existsSync(place)).map((place) => realpathSync(place));
  return [...new Set([folder, ...real.filter((place) => !/[\\/]node_modules[\\/]/.test(place))])];
}
