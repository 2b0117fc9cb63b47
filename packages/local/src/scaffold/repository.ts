import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../local-error.ts';
import { readJsonFile } from '../wiring/text-file.ts';
import type { TestRunner } from './service-files.ts';

/** The parts of a package.json that the templates use. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly license?: string;
  readonly private?: boolean;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
}

/** The repository that a service is added to. */
export interface Repository {
  readonly root: string;
  /** Names of the folders under `services/`. */
  readonly services: readonly string[];
  /** The service that a new one looks like: the first of `@parley/service` with its contract in a package of its own. */
  readonly model: { readonly name: string; readonly manifest: Manifest; readonly contract: Manifest };
  readonly runner: TestRunner;
}

/**
 * Looks at a repository.
 *
 * @throws LocalError where it has no `services/NAME` that uses `@parley/service`, with the package `services/NAME/contract`
 */
export function readRepository(root: string): Repository {
  const folder = join(root, 'services');
  const services = existsSync(folder) ? readdirSync(folder) : [];
  const models = services
    .map((name) => ({ name, at: join(folder, name) }))
    .filter(({ at }) => [at, join(at, 'contract')].every((each) => existsSync(join(each, 'package.json'))))
    .map(({ name, at }) => ({ name, manifest: readManifest(at), contract: readManifest(join(at, 'contract')) }));
  const model = models.find(({ manifest }) => manifest.dependencies?.['@parley/service'] !== undefined);
  if (!model) {
    throw new LocalError(
      `expected a service of @parley/service with a contract/package.json under ${folder}, found none: ` +
        'run this in the root of such a repository, or make one with "parley-local init FOLDER"',
    );
  }
  return { root, services, model, runner: runnerOf(readManifest(root)) };
}

/** The package.json of a folder. */
export function readManifest(folder: string): Manifest {
  return readJsonFile(join(folder, 'package.json')) as unknown as Manifest;
}

function runnerOf({ devDependencies = {} }: Manifest): TestRunner {
  if (devDependencies.jest !== undefined) return 'jest';
  return devDependencies.vitest === undefined ? 'node' : 'vitest';
}
