import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { Workspace } from './workspaces.ts';

/**
 * Gives a tree the packages that are installed in another one, as links. Packages of the tree itself are its own: a
 * contract imports the contracts of its own time. `@parley/contract` alone is always the one that is installed, since its
 * documents are compared.
 *
 * @param tree without `node_modules`
 * @param workspaces the packages of the tree
 */
export function linkModules(root: string, tree: string, workspaces: readonly Workspace[]): void {
  const folders = ['.', ...workspaces.map(({ folder }) => folder)];
  for (const folder of new Set(folders)) mirror(join(root, folder, 'node_modules'), join(tree, folder, 'node_modules'));
  const own = new Map(workspaces.map(({ name, folder }) => [name, join(tree, folder)]));
  for (const folder of new Set(folders)) {
    for (const [name, target] of own) {
      const path = join(tree, folder, 'node_modules', name);
      const isRoot = folder === '.' && !own.has('.') && name !== '@parley/contract';
      if (isRoot || (existsSync(path) && name !== '@parley/contract')) replace(path, target);
    }
  }
}

function mirror(installed: string, path: string): void {
  if (!existsSync(installed)) return;
  for (const entry of readdirSync(installed, { withFileTypes: true })) {
    const { name } = entry;
    // What tools keep beside packages, `.bin` and the like.
    if (name.startsWith('.')) continue;
    const isScope = name.startsWith('@') && entry.isDirectory();
    if (isScope) mirror(join(installed, name), join(path, name));
    else link(join(installed, name), join(path, name));
  }
}

function link(target: string, path: string): void {
  if (!existsSync(target)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(realpathSync(target), path, 'junction');
}

function replace(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true, recursive: true });
  symlinkSync(target.endsWith(sep) ? target.slice(0, -1) : target, path, 'junction');
}
