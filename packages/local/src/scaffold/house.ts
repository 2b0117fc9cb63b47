import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../local-error.ts';
import type { TestRunner } from './service-files.ts';

/** The parts of a package.json that the templates use. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly license?: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A service that is there. */
export interface Model {
  /** Name of its folder under `services/`. */
  readonly name: string;
  readonly service: Manifest;
  readonly contract: Manifest;
}

/** The repository that a service is added to. */
export interface House {
  readonly root: string;
  /** Names of the folders under `services/`. */
  readonly services: readonly string[];
  /** The service that a new one looks like: the first whose contract is a package of its own, in `contract/`. */
  readonly model: Model;
  readonly runner: TestRunner;
}

/**
 * Looks at a repository.
 *
 * @throws LocalError where it has no such service under `services/`
 */
export function readHouse(root: string): House {
  const folder = join(root, 'services');
  const services = existsSync(folder) ? readdirSync(folder) : [];
  const models = services.flatMap((name) => modelIn(join(folder, name), name) ?? []);
  const model = models.find(({ service }) => service.dependencies?.['@parley/service'] !== undefined);
  if (!model) {
    throw new LocalError(
      `expected a service of @parley/service with a package contract/ under ${folder}, found none: run this in the root of ` +
        'such a repository, or make one with "parley-local init FOLDER"',
    );
  }
  return { root, services, model, runner: runnerOf(readManifest(root)) };
}

function modelIn(folder: string, name: string): Model | undefined {
  const folders = [folder, join(folder, 'contract')];
  if (!folders.every((each) => existsSync(join(each, 'package.json')))) return undefined;
  const [service, contract] = folders.map(readManifest) as [Manifest, Manifest];
  return { name, service, contract };
}

/** The package.json of a folder. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function runnerOf({ devDependencies = {} }: Manifest): TestRunner {
  if (devDependencies.jest !== undefined) return 'jest';
  return devDependencies.vitest === undefined ? 'node' : 'vitest';
}
