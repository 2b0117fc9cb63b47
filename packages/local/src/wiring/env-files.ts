import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { LocalError } from '../local-error.ts';
import { parseEnvText } from './env-text.ts';
import type { Variables } from './interpolation.ts';
import { readTextFile } from './text-file.ts';
import type { EnvFile, Service } from './wiring.ts';

/**
 * The service with what its `env_file` says in its environment, below what `environment` says.
 *
 * @throws LocalError where a file is not there, unless it says `required: false`
 */
export function withEnvFiles(service: Service, root: string): Service {
  const variables = service.envFiles.map(({ path, isRequired }) => {
    const file = resolve(root, path);
    if (existsSync(file)) return parseEnvText(readTextFile(file));
    if (!isRequired) return {};
    throw new LocalError(
      `compose file: service ${service.name}: expected the file ${path} of env_file, found none: ` +
        'make it, or say "required: false"',
    );
  });
  // As they are: Docker's documentation says that no variables are put into an env_file.
  const entries = Object.entries(Object.assign({}, ...variables)).map(([name, value]) => [
    name,
    String(value).replaceAll('$', '$$$$'),
  ]);
  return { ...service, environment: { ...Object.fromEntries(entries), ...service.environment } };
}

/** What files of `env_file` say; the later one wins. Undefined where one that is required is not there. */
export function readEnvFiles(root: string, files: readonly EnvFile[]): Variables | undefined {
  const isMissing = ({ path, isRequired }: EnvFile) => isRequired && !existsSync(resolve(root, path));
  if (files.some(isMissing)) return undefined;
  const there = files.map(({ path }) => resolve(root, path)).filter((path) => existsSync(path));
  return Object.assign({}, ...there.map((path) => parseEnvText(readTextFile(path))));
}
