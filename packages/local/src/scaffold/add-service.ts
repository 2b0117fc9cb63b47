import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { LocalError } from '../local-error.ts';
import { type House, type Manifest, readHouse } from './house.ts';
import { checkName } from './names.ts';
import { serviceFiles } from './service-files.ts';
import { edits } from './wire-service.ts';

/** Names that compose files have for something else. */
const taken = ['gateway', 'database'];
/** Files of the model's contract that a new contract has too, as they are. */
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
  const { contract, service } = manifestsOf(house, name);
  const added = { name, contract, service, model: house.model.name, services: house.services };
  const present = Object.entries(edits).filter(([path]) => existsSync(join(root, path)));
  const changed = present.map(([path, edit]) => [path, edit(readFileSync(join(root, path), 'utf8'), added)] as const);
  const folder = join('services', name);
  const code = {
    'package.json': json(service),
    'contract/package.json': json(contract),
    ...serviceFiles(name, contract.name, house.runner),
  };
  const copies = copied.map((file) => [join('contract', file), join('services', house.model.name, 'contract', file)]);
  const made = [
    ...Object.entries(code),
    ...copies.flatMap(([file = '', from = '']) =>
      existsSync(join(root, from)) ? [[file, readFileSync(join(root, from), 'utf8')] as const] : [],
    ),
  ].map(([file, text]) => [join(folder, file), text] as const);
  for (const [path, text] of [...made, ...changed]) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  link(root, contract.name, join(folder, 'contract'));
  return [...made, ...changed].map(([path]) => path);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The model's manifests, for another name and with what the template needs. */
function manifestsOf({ model }: House, name: string): Record<'contract' | 'service', Manifest> {
  const own = model.contract.name.replace(/[^/]+$/, name);
  const { [model.contract.name]: range = '*', ...others } = model.service.dependencies ?? {};
  const service = { ...others, [own]: range };
  return {
    contract: renamed(model.contract, own, `Serves ${name}: the contract`, model.contract.dependencies ?? {}, [
      '@parley/contract',
      'zod',
    ]),
    service: renamed(model.service, `${own}-service`, `Serves ${name}`, service, [
      '@parley/contract',
      own,
      '@parley/service',
    ]),
  };
}

/** @throws LocalError where the model lacks a dependency that the template imports */
function renamed(
  model: Manifest,
  name: string,
  description: string,
  dependencies: Readonly<Record<string, string>>,
  imported: readonly string[],
): Manifest {
  const entries = [...imported].sort().map((each) => {
    const range = dependencies[each];
    if (range !== undefined) return [each, range] as const;
    throw new LocalError(`expected ${each} in the dependencies of ${model.name}, found none: add it there first`);
  });
  return { ...model, name, description, dependencies: Object.fromEntries(entries) };
}

/** What `npm install` would do: the contract is imported by the name of its package. */
function link(root: string, name: string, folder: string): void {
  const path = join(root, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) symlinkSync(relative(dirname(path), join(root, folder)), path);
}
