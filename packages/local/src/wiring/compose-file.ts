import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import { LocalError, messageOf } from '../local-error.ts';
import { extendedServices } from './extended-services.ts';
import type { Variables } from './interpolation.ts';
import { type Mapping, mappingOf } from './mapping.ts';
import { readTextFile } from './text-file.ts';

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

/** The services of a compose file's text. `fileName` is for messages. */
export function parseComposeFile(text: string, fileName = 'compose file'): Mapping {
  return composeFileOf(text, fileName).services;
}

/** A compose file's text with its lines. @throws LocalError where it is no compose file */
export function composeFileOf(text: string, fileName: string): ComposeFile {
  const document = parseDocument(text, { merge: true, prettyErrors: false });
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const [error] = document.errors;
  if (error) {
    throw new LocalError(`${fileName}:${lineAt(error.pos[0])}: expected YAML, got something else: ${error.message}`);
  }
  const content = mappingOf(contentOf(document, fileName));
  const services = mappingOf(content?.services);
  if (!services) throw new LocalError(`${fileName}: expected a mapping "services:", found none`);
  const networks = Object.values(mappingOf(content?.networks) ?? {});
  return {
    fileName,
    services,
    hasIncludes: content?.include !== undefined,
    hasExternalNetwork: networks.some((network) => Boolean(mappingOf(network)?.external)),
    lineOf: (path) => lineAt(offsetOf(document, path)),
  };
}

function offsetOf(document: Document, path: readonly (string | number)[]): number {
  let at: Member = { node: document.contents, offset: 0 };
  for (const name of path) {
    const found = memberOf(document, at.node, name);
    if (!found) break;
    at = found;
  }
  return at.offset;
}

interface Member {
  readonly node: unknown;
  readonly offset: number;
}

function memberOf(document: Document, node: unknown, name: string | number): Member | undefined {
  const resolved = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(resolved)) {
    const item = typeof name === 'number' ? resolved.items[name] : undefined;
    return isNode(item) ? { node: item, offset: item.range?.[0] ?? 0 } : undefined;
  }
  if (!isMap(resolved)) return undefined;
  const pairs = resolved.items.flatMap(({ key, value }) => (isScalar(key) ? [{ key, value }] : []));
  const own = pairs.find(({ key }) => key.value === name);
  if (own) return { node: own.value, offset: own.key.range?.[0] ?? 0 };
  const merged = pairs.filter(({ key }) => key.source === '<<').map(({ value }) => value);
  for (const one of merged.flatMap((value) => (isSeq(value) ? value.items : [value]))) {
    const found = memberOf(document, one, name);
    if (found) return found;
  }
  return undefined;
}

function contentOf(document: Document, fileName: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new LocalError(
      `${fileName}: expected anchors (&name) with aliases (*name) that can be put in, got: ${messageOf(error)}`,
    );
  }
}

/** The variables that Docker Compose would put in: those of the folder's `.env`, overridden by the environment. */
export function composeVariables(root: string, environment: Variables): Variables {
  const path = join(root, '.env');
  // A folder .env, such as one of Python, is none of Docker's either.
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true) return environment;
  return { ...parseEnv(readTextFile(path)), ...environment };
}
