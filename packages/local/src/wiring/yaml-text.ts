import { messageOf } from '@parley/contract';
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import { LocalError } from '../local-error.ts';

/** A YAML text, and where its members stand. */
export interface YamlText {
  /** As JavaScript has it: mappings are objects. */
  readonly content: unknown;
  /**
   * The line, from 1, of a member by its path from the top: `['services', 'hello', 'ports', 0]`. A member that comes from an anchor is
   * where the anchor has it. Where there is no such member: the line of the nearest one above it.
   */
  lineOf(path: readonly (string | number)[]): number;
}

/**
 * Reads YAML, with `<<` for merged mappings.
 *
 * @param fileName for errors
 * @throws LocalError with the line where the text is no YAML
 */
export function readYaml(text: string, fileName: string): YamlText {
  const document = parseDocument(text, { merge: true, prettyErrors: false });
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const [error] = document.errors;
  if (error) {
    throw new LocalError(`${fileName}:${lineAt(error.pos[0])}: expected YAML, got something else: ${error.message}`);
  }
  return { content: contentOf(document, fileName), lineOf: (path) => lineAt(offsetOf(document, path)) };
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
