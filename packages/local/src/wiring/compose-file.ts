import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type Document, parseDocument } from 'yaml';
import { LocalError, messageOf } from '../local-error.ts';
import type { Variables } from './interpolation.ts';

/** Members of a YAML mapping, unchecked. */
export type Mapping = Readonly<Record<string, unknown>>;

/** In Docker's order. */
const fileNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/** The services of the folder's compose file, as written: variables are not yet put in. */
export function readComposeFile(root: string): Mapping {
  const name = fileNames.find((each) => existsSync(join(root, each)));
  if (!name) {
    throw new LocalError(`expected docker-compose.yml in ${root}, found none: run this in the folder that holds it`);
  }
  return parseComposeFile(readFileSync(join(root, name), 'utf8'), name);
}

/** The services of a compose file's text. `fileName` is for messages. */
export function parseComposeFile(text: string, fileName = 'compose file'): Mapping {
  const document = parseDocument(text, { merge: true, prettyErrors: false });
  const [error] = document.errors;
  if (error) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    throw new LocalError(`${fileName}:${line}: expected YAML, got something else: ${error.message}`);
  }
  const services = mappingOf(mappingOf(contentOf(document, fileName))?.services);
  if (!services) throw new LocalError(`${fileName}: expected a mapping "services:", found none`);
  return services;
}

function contentOf(document: Document, fileName: string): unknown {
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
