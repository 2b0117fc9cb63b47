import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Workspace } from './workspaces.ts';

/**
 * Gives a tree the packages that are installed in another one, as links. Packages of the tree itself are its own: a
 * contract imports the contracts of its own time. `@parley/contract` alone is always the one that is installed, since its
 * documents are compared.
 *
 * @param tree its own `node_modules` go, and folders that are links are left alone: they may lead out of it
 * @param workspaces the packages of the tree
 */
export function linkModules(root: string, tree: string, workspaces: readonly Workspace[]): void {
  mkdirSync(tree, { recursive: true }); // a revision may be without files
  const folders = [...new Set(['.', ...workspaces.map(({ folder }) => folder)])].filter((folder) =>
    isWithin(tree, folder),
  );
  for (const folder of folders) rmSync(join(tree, folder, 'node_modules'), { force: true, recursive: true });
  for (const folder of folders) mirror(join(root, folder, 'node_modules'), join(tree, folder, 'node_modules'));
  const own = workspaces.filter(({ name, folder }) => name !== '@parley/contract' && folder !== '.');
  for (const folder of folders) {
    for (const { name, folder: target } of own) {
      const path = join(tree, folder, 'node_modules', name);
      // npm and Yarn link all of them at the top, pnpm each where it is used.
      if (folder === '.' || existsSync(path)) replace(path, join(tree, target));
    }
  }
}

function isWithin(tree: string, folder: string): boolean {
  return realpathSync(join(tree, folder)) === join(realpathSync(tree), folder);
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
  symlinkSync(target, path, 'junction');
}
