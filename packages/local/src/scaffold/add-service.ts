import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { policyFile } from '../gateways/policy/policy.ts';
import { LocalError } from '../local-error.ts';
import { checkName } from './names.ts';
import { type Manifest, type Repository, readRepository } from './repository.ts';
import { serviceFiles, type TestRunner } from './service-files.ts';
import { edits, gatewayEdits, type NewPackage, type NewService, policyEdits } from './wire-service.ts';

type Dependencies = Readonly<Record<string, string>>;

/** Names that compose files have for something else. */
const taken = ['gateway', 'database'];
/** What the template of a contract imports, and that of a service beside its contract. */
const imported = { contract: ['@parley/contract', 'zod'], service: ['@parley/contract', '@parley/service'] } as const;
/** Files of the model's contract that a new one has too, as they are. */
const copied = ['LICENSE', 'contract.cts', 'tsconfig.build.json'];

/**
 * Adds a service to the repository in `root`: its folder from a template, with its contract as a package of its own, and its
 * place in workspaces, lockfile, compose files and the gateway. It looks like the first service that is there. Changes nothing where
 * it throws.
 *
 * @throws LocalError where the name is not valid or not free, or a file is not as expected
 * @returns paths of the files that are new or changed, from the root
 */
export function addService(root: string, name: string): readonly string[] {
  checkName(name);
  const { services, model, runner } = readRepository(root);
  if ([...services, ...taken].includes(name)) {
    throw new LocalError(`${name} is there already: choose another name`, 2);
  }
  const packages = packagesOf(model, name);
  const service = { name, model: model.name, services, packages };
  const wiring = { ...edits, ...(existsSync(join(root, policyFile)) ? policyEdits : gatewayEdits) };
  const present = Object.entries(wiring).filter(([path]) => existsSync(join(root, path)));
  const changed = present.map(([path, edit]) => [path, edit(readFileSync(join(root, path), 'utf8'), service)] as const);
  const written = [...newFiles(root, service, runner), ...changed];
  for (const { folder } of packages) mkdirSync(join(root, folder), { recursive: true });
  for (const [path, text] of written) writeFileSync(join(root, path), text);
  for (const one of packages) link(root, one);
  return written.map(([path]) => path);
}

/** Texts of the files of a new service, by path from the root. */
function newFiles(
  root: string,
  { name, model, packages }: NewService,
  runner: TestRunner,
): (readonly [string, string])[] {
  const [contract] = packages;
  const folder = join('services', name);
  const copies = copied
    .map((file) => join('contract', file))
    .filter((file) => existsSync(join(root, 'services', model, file)));
  return [
    ...packages.map((one) => [join(one.folder, 'package.json'), `${JSON.stringify(one.manifest, null, 2)}\n`] as const),
    ...Object.entries(serviceFiles(name, contract.manifest.name, runner)).map(
      ([file, text]) => [join(folder, file), text] as const,
    ),
    ...copies.map((file) => [join(folder, file), readFileSync(join(root, 'services', model, file), 'utf8')] as const),
  ];
}

/** The packages of the model, for another name and with what the templates need. */
function packagesOf(model: Repository['model'], name: string): NewService['packages'] {
  const folder = `services/${model.name}`;
  const ofContract = dependenciesOf(model.contract, imported.contract, `${folder}/contract`);
  const contract = manifestLike(model.contract, name, `Serves ${name}: the contract`, ofContract);
  const needed = dependenciesOf(model.manifest, [...imported.service, model.contract.name], folder);
  const { [model.contract.name]: range = '', ...others } = needed;
  const ofService = { ...others, [contract.name]: range };
  const service = manifestLike(model.manifest, `${name}-service`, `Serves ${name}`, ofService);
  return [
    { folder: `services/${name}/contract`, manifest: contract },
    { folder: `services/${name}`, manifest: service },
  ];
}

function manifestLike(model: Manifest, name: string, description: string, dependencies: Dependencies): Manifest {
  const sorted = Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...model, name: model.name.replace(/[^/]+$/, name), description, dependencies: sorted };
}

/** Some dependencies of a package of the model, in the versions that it asks for. */
function dependenciesOf({ dependencies = {} }: Manifest, names: readonly string[], folder: string): Dependencies {
  const missing = names.find((name) => dependencies[name] === undefined);
  if (missing) {
    throw new LocalError(`expected ${missing} in the dependencies of ${folder}, found none: add it there first`);
  }
  return Object.fromEntries(names.map((name) => [name, dependencies[name] ?? '']));
}

/** What `npm install` would do: contracts are imported by the name of their package. */
function link(root: string, { folder, manifest }: NewPackage): void {
  const path = join(root, 'node_modules', manifest.name);
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) symlinkSync(relative(dirname(path), join(root, folder)), path);
}
