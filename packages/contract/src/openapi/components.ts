import type { JsonSchema } from '../schemas/json-schema.ts';
import { withPortablePattern } from './portable-pattern.ts';

/** Keywords whose values are schemas: one, several, or several by name. */
const one = new Set([
  ...['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'],
  ...['unevaluatedItems', 'unevaluatedProperties'],
]);
const several = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const named = new Set(['properties', 'patternProperties', 'dependentSchemas']);

type Names = ReadonlyMap<string, string>;

/**
 * The schemas that a document shares. A JSON Schema has its own root, at which its `$ref`s point (`#/$defs/User`, `#`); in a
 * document they must point into `components/schemas`.
 */
export class Components {
  readonly schemas: Record<string, JsonSchema> = {};

  /**
   * Takes a JSON Schema in, its `$defs` as components, and gives the schema with references into the document. Components
   * with one name and another content, as the input and output form of a schema may be, get names of their own.
   *
   * @param hint names the parts without a name, and what differs: `addVisitInput`
   */
  add(json: JsonSchema, hint: string): JsonSchema {
    const { $defs = {}, ...root } = json;
    const parts = new Map(Object.entries($defs as Record<string, JsonSchema>));
    // The root is a component where a reference leads to it.
    parts.set('', root);
    const names = new Map([...parts.keys()].map((key) => [key, firstName(key, hint)]));
    let moved = moveAll(parts, names);
    for (let clash = this.#clash(moved, names); clash !== undefined; clash = this.#clash(moved, names)) {
      names.set(clash, this.#freeName(`${firstName(clash, hint)}_${hint}`));
      moved = moveAll(parts, names);
    }
    for (const [key, schema] of moved) this.schemas[names.get(key) as string] = schema;
    return moved.get('') as JsonSchema;
  }

  /** The key of a part whose name another content has already. */
  #clash(moved: ReadonlyMap<string, JsonSchema>, names: Names): string | undefined {
    const keys = [...moved.keys()];
    return keys.find((key, index) => {
      const name = names.get(key) as string;
      const isTwice = keys.slice(0, index).some((other) => names.get(other) === name);
      const before = Object.hasOwn(this.schemas, name) ? this.schemas[name] : undefined;
      return isTwice || (before !== undefined && JSON.stringify(before) !== JSON.stringify(moved.get(key)));
    });
  }

  #freeName(wanted: string): string {
    let name = wanted;
    for (let count = 2; Object.hasOwn(this.schemas, name); count++) name = `${wanted}_${count}`;
    return name;
  }

  /** Those that a document refers to, directly or through others. */
  used(document: unknown): Record<string, JsonSchema> {
    const used: Record<string, JsonSchema> = {};
    const visit = (value: unknown) => {
      for (const [, name = ''] of JSON.stringify(value).matchAll(/"\$ref":"#\/components\/schemas\/([\w.-]+)/g)) {
        const schema = Object.hasOwn(used, name) ? undefined : this.schemas[name];
        if (!schema) continue;
        used[name] = schema;
        visit(schema);
      }
    };
    visit(document);
    return used;
  }
}

/** A schema's own name where it has one; zod and valibot number the others. */
function firstName(key: string, hint: string): string {
  if (key === '') return hint;
  const [, number] = /^(?:__schema)?(\d+)$/.exec(key) ?? [];
  return number === undefined ? key.replace(/[^\w.-]/g, '_') : `${hint}_${number}`;
}

function moveAll(parts: ReadonlyMap<string, JsonSchema>, names: Names): Map<string, JsonSchema> {
  return new Map([...parts].map(([key, schema]) => [key, move(schema, names)]));
}

function move(schema: JsonSchema, names: Names): JsonSchema {
  if (typeof schema !== 'object' || schema === null) return schema;
  const moved: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(withPortablePattern(schema))) {
    if (keyword === '$ref' && typeof value === 'string') moved.$ref = moveRef(value, names);
    else if (one.has(keyword)) moved[keyword] = move(value as JsonSchema, names);
    else if (several.has(keyword)) moved[keyword] = (value as JsonSchema[]).map((part) => move(part, names));
    else if (named.has(keyword)) {
      const entries = Object.entries(value as Record<string, JsonSchema>);
      moved[keyword] = Object.fromEntries(entries.map(([name, part]) => [name, move(part, names)]));
    } else moved[keyword] = value;
  }
  return moved;
}

function moveRef(ref: string, names: Names): string {
  if (!ref.startsWith('#')) return ref;
  const [, key, rest = ''] = /^#\/\$defs\/([^/]*)(.*)$/s.exec(ref) ?? [];
  const name = key === undefined ? names.get('') : names.get(unescaped(key));
  return `#/components/schemas/${name}${key === undefined ? ref.slice(1) : rest}`;
}

function unescaped(step: string): string {
  return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
}
