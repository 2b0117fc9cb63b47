import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { serviceFiles } from './service-files.ts';
import { edits } from './wire-service.ts';

const pattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** Names that the compose file has for something else. */
const taken = ['gateway', 'database'];

/**
 * Adds a service to the repository in `root`: its folder from a template, and its place in workspaces, lockfile, compose
 * files and nginx. Changes nothing where it throws.
 *
 * @throws Error where the name is not valid or not free, or a file is not as expected
 * @returns paths of the files that are new or changed, from the root
 */
export async function newService(root: string, name: string): Promise<readonly string[]> {
  const services = await readdir(join(root, 'services'));
  if (!pattern.test(name) || name.length > 30) {
    throw new Error(`name must be 1 to 30 small letters, digits and single "-", a letter first, not "${name}"`);
  }
  if ([...services, ...taken].includes(name)) throw new Error(`${name} is there already: choose another name`);
  const changed = await Promise.all(
    Object.entries(edits).map(
      async ([path, edit]) => [path, edit(await readFile(join(root, path), 'utf8'), name)] as const,
    ),
  );
  const folder = join('services', name);
  const made = Object.entries(serviceFiles(name)).map(([file, text]) => [join(folder, file), text] as const);
  for (const [path, text] of [...made, ...changed]) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const licence = join(folder, 'contract', 'LICENSE');
  await copyFile(join(root, 'LICENSE'), join(root, licence));
  // What `npm install` would do: the contract is imported by the name of its package.
  await symlink(join('..', '..', folder, 'contract'), join(root, 'node_modules', '@parley', name));
  return [...made.map(([path]) => path), licence, ...changed.map(([path]) => path)];
}
