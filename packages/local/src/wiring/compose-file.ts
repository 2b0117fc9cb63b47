import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type Document, parseDocument } from 'yaml';
import { LocalError, messageOf } from '../local-error.ts';
import type { Variables } from './interpolation.ts';

/** Members of a YAML mapping, unchecked. */
export type Mapping = Readonly<Record<string, unknown>>;

const fileName = 'docker-compose.yml';

/** The services of the folder's `docker-compose.yml`, as written: variables are not yet put in. */
export function readComposeFile(root: string): Mapping {
  const path = join(root, fileName);
  if (!existsSync(path)) {
    throw new LocalError(`expected ${fileName} in ${root}, found none: run this in the folder that holds it`);
  }
  return parseComposeFile(readFileSync(path, 'utf8'));
}

/** The services of a compose file's text. */
export function parseComposeFile(text: string): Mapping {
  const document = parseDocument(text, { merge: true, prettyErrors: false });
  const [error] = document.errors;
  if (error) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    throw new LocalError(`${fileName}:${line}: expected YAML, got something else: ${error.message}`);
  }
  const services = mappingOf(mappingOf(contentOf(document))?.services);
  if (!services) throw new LocalError(`${fileName}: expected a mapping "services:", found none`);
  return services;
}

function contentOf(document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new LocalError(`${fileName}: expected every alias (*name) to have its anchor (&name): ${messageOf(error)}`);
  }
}

/** A value as a mapping, if it is one. */
export function mappingOf(value: unknown): Mapping | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : undefined;
}

/** The variables that Docker Compose would put in: those of the folder's `.env`, overridden by the environment. */
export function composeVariables(root: string, environment: Variables): Variables {
  const path = join(root, '.env');
  return existsSync(path) ? { ...parseEnv(readFileSync(path, 'utf8')), ...environment } : environment;
}
