import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LocalError } from '../local-error.ts';
import { parseEnvText } from './env-text.ts';
import { extendedServices } from './extended-services.ts';
import type { Variables } from './interpolation.ts';
import { type Mapping, mappingOf } from './mapping.ts';
import { readTextFile } from './text-file.ts';
import { readYaml } from './yaml-text.ts';

/** In Docker's order. */
const fileNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/** A compose file, and where its members stand. */
export interface ComposeFile {
  readonly fileName: string;
  /** As written: variables are not yet put in. What they extend is. */
  readonly services: Mapping;
  /** Whether it has services of other files: `include`. They are not read. */
  readonly hasIncludes: boolean;
  /** Whether containers of other compose files may be reached by name: it has a network that is `external`. */
  readonly hasExternalNetwork: boolean;
  /**
   * The line, from 1, of a member by its path from the top: `['services', 'hello', 'ports', 0]`. A member that comes from an anchor is
   * where the anchor has it. Where there is no such member: the line of the nearest one above it.
   */
  lineOf(path: readonly (string | number)[]): number;
}

/** The services of the folder's compose file, as written: variables are not yet put in. */
export function readComposeFile(root: string): Mapping {
  return openComposeFile(root).services;
}

/** The folder's compose file. @throws LocalError where there is none, or it cannot be read */
export function openComposeFile(root: string): ComposeFile {
  const name = fileNames.find((each) => existsSync(join(root, each)));
  if (!name) {
    throw new LocalError(
      `expected docker-compose.yml or compose.yaml in ${root}, found none: run this in the folder that holds it`,
    );
  }
  const file = composeFileOf(readTextFile(join(root, name)), name);
  const servicesOf = (other: string) =>
    existsSync(resolve(root, other)) ? composeFileOf(readTextFile(resolve(root, other)), other).services : undefined;
  return { ...file, services: extendedServices(file.services, servicesOf) };
}

/** A compose file's text with its lines. @throws LocalError where it is no compose file */
function composeFileOf(text: string, fileName: string): ComposeFile {
  const yaml = readYaml(text, fileName);
  const content = mappingOf(yaml.content);
  const services = mappingOf(content?.services);
  if (!services) throw new LocalError(`${fileName}: expected a mapping "services:", found none`);
  const networks = Object.values(mappingOf(content?.networks) ?? {});
  return {
    fileName,
    services,
    hasIncludes: content?.include !== undefined,
    hasExternalNetwork: networks.some((network) => Boolean(mappingOf(network)?.external)),
    lineOf: yaml.lineOf,
  };
}

/** The variables that Docker Compose would put in: those of the folder's `.env`, overridden by the environment. */
export function composeVariables(root: string, environment: Variables): Variables {
  const path = join(root, '.env');
  // A folder .env, such as one of Python, is none of Docker's either.
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true) return environment;
  return { ...parseEnvText(readTextFile(path), environment), ...environment };
}
