import { type Issue, type OutputOf, type Schema, validate } from '@parley/contract';
import { ConfigError } from './config-error.ts';
import type { Environment } from './settings.ts';

/**
 * Reads a service's own settings from the environment by a schema of any Standard Schema library. A
 * variable that is empty counts as not set.
 *
 * @throws ConfigError that names every wrong variable, and never its value: it may be a secret
 * @example
 * const { GREETINGS_URL } = await readConfig(z.object({ GREETINGS_URL: z.url() }));
 */
export async function readConfig<S extends Schema>(schema: S, env: Environment = process.env): Promise<OutputOf<S>> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value));
  const result = await validate(schema, set);
  if (!result.issues) return result.value;
  const faults = result.issues.map((issue) => faultOf(issue, set)).join('; ');
  throw new ConfigError(`${faults}: correct it in the environment`);
}

function faultOf({ path, message }: Issue, set: Environment): string {
  if (path === '') return `environment is not valid (${message})`;
  return set[path] === undefined ? `${path} is not set` : `${path} is not valid (${message})`;
}
