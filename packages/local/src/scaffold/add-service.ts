import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { LocalError } from '../local-error.ts';
import { type House, type Manifest, readHouse } from './house.ts';
import { checkName } from './names.ts';
import { serviceFiles } from './service-files.ts';
import { edits } from './wire-service.ts';

/** Names that compose files have for something else. */
const taken = ['gateway', 'database'];
/** What the template imports. */
const imported = ['@parley/contract', '@parley/service', 'zod'];
/** Files of the model that a new service has too, as they are. */
const copied = ['LICENSE', 'tsconfig.build.json'];

/**
 * Adds a service to the repository in `root`: its folder from a template, and its place in workspaces, lockfile, compose
 * files and nginx. It looks like the first service that is there. Changes nothing where it throws.
 *
 * @throws LocalError where the name is not valid or not free, or a file is not as expected
 * @returns paths of the files that are new or changed, from the root
 */
export function addService(root: string, name: string): readonly string[] {
  checkName(name);
  const house = readHouse(root);
  if ([...house.services, ...taken].includes(name)) {
    throw new LocalError(`${name} is there already: choose another name`, 2);
  }
  const manifest = manifestOf(house, name);
  const service = { name, manifest, model: basename(house.model.folder), services: house.services };
  const present = Object.entries(edits).filter(([path]) => existsSync(join(root, path)));
  const changed = present.map(([path, edit]) => [path, edit(readFileSync(join(root, path), 'utf8'), service)] as const);
  const folder = join('services', name);
  const code = { 'package.json': `${JSON.stringify(manifest, null, 2)}\n`, ...serviceFiles(name, house.runner) };
  const made = Object.entries(code).map(([file, text]) => [join(folder, file), text] as const);
  mkdirSync(join(root, folder));
  for (const [path, text] of [...made, ...changed]) writeFileSync(join(root, path), text);
  const copies = copied.filter((file) => existsSync(join(root, house.model.folder, file)));
  for (const file of copies) copyFileSync(join(root, house.model.folder, file), join(root, folder, file));
  link(root, manifest.name, folder);
  return [...made.map(([path]) => path), ...copies.map((file) => join(folder, file)), ...changed.map(([path]) => path)];
}

/** The model's package.json, for another name and with what the template needs. */
function manifestOf({ model }: House, name: string): Manifest {
  const { dependencies = {}, ...rest } = model.manifest;
  const missing = imported.find((each) => dependencies[each] === undefined);
  if (missing) {
    throw new LocalError(`expected ${missing} in the dependencies of ${model.folder}, found none: add it there first`);
  }
  return {
    ...rest,
    name: rest.name.replace(/[^/]+$/, name),
    description: `Serves ${name}`,
    dependencies: Object.fromEntries(Object.entries(dependencies).filter(([each]) => imported.includes(each))),
  };
}

/** What `npm install` would do: others import the contract by the package's name. */
function link(root: string, name: string, folder: string): void {
  const path = join(root, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) symlinkSync(relative(dirname(path), join(root, folder)), path);
}
