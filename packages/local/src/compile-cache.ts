import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The variable that makes Node keep compiled code for the next start, which takes half of the CPU then. The code is kept in the
 * repository's `node_modules/`, and not below /tmp, where others could write; without such a folder there is no variable.
 */
export function compileCache(root: string): { readonly NODE_COMPILE_CACHE?: string } {
  const modules = join(root, 'node_modules');
  return existsSync(modules) ? { NODE_COMPILE_CACHE: join(modules, '.cache', 'node-compile-cache') } : {};
}
