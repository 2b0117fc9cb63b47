import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { LocalError } from '../local-error.ts';
import type { Service } from './wiring.ts';

/**
 * The service with what its `env_file` says in its environment, below what `environment` says.
 *
 * @throws LocalError where a file is not there, unless it says `required: false`
 */
export function withEnvFiles(service: Service, root: string): Service {
  const variables = service.envFiles.map(({ path, isRequired }) => {
    const file = join(root, path);
    if (existsSync(file)) return parseEnv(readFileSync(file, 'utf8'));
    if (!isRequired) return {};
    throw new LocalError(
      `compose file: service ${service.name}: expected the file ${path} of env_file, found none: ` +
        'make it, or say "required: false"',
    );
  });
  // As they are: a dollar sign in a file is no variable of the compose file.
  const entries = Object.entries(Object.assign({}, ...variables)).map(([name, value]) => [
    name,
    String(value).replaceAll('$', '$$$$'),
  ]);
  return { ...service, environment: { ...Object.fromEntries(entries), ...service.environment } };
}
