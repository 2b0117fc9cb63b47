import { type JsonSchema, resolved } from '../schemas/json-schema.ts';

/** A type of one value that a text can stand for. */
export type ScalarType = 'string' | 'number' | 'boolean' | 'bigint' | 'date';

/** What the schemas of a member allow its text to stand for. */
export interface TextTypes {
  readonly scalars: Set<ScalarType>;
  /** The strings of an enum; `any` where every string will do. */
  strings: Set<string> | 'any';
  /** By their text: alternatives may have the same list. */
  readonly lists: Map<string, JsonSchema>;
  readonly others: Set<string>;
  isUnknown: boolean;
}

/** Collects what the wire schemas of one member (`wireSchemaOf`) allow. */
export function findTextTypes(schemas: readonly JsonSchema[], root: JsonSchema): TextTypes {
  const found = noTypes();
  for (const schema of schemas) collect(schema, root, found, 0);
  return found;
}

function noTypes(): TextTypes {
  return { scalars: new Set(), strings: new Set(), lists: new Map(), others: new Set(), isUnknown: false };
}

/** The schemas of a list's elements: of a tuple each, else one for all. */
export function elementsOf({ prefixItems, items }: JsonSchema): JsonSchema[] {
  const first = Array.isArray(prefixItems) ? (prefixItems as JsonSchema[]) : [];
  const rest = typeof items === 'object' && items !== null ? [items as JsonSchema] : [];
  return [...first, ...rest];
}

function collect(schema: JsonSchema, root: JsonSchema, found: TextTypes, depth: number): void {
  const own = resolved(schema, root);
  const any = own.anyOf ?? own.oneOf;
  const all = own.allOf;
  if (depth > 8) found.isUnknown = true;
  else if ('const' in own) addValue(own.const, found);
  else if (Array.isArray(own.enum)) for (const value of own.enum) addValue(value, found);
  else if (Array.isArray(any)) for (const part of any) collect(part, root, found, depth + 1);
  else if (Array.isArray(all) && own.type === undefined) collectFirst(all, root, found, depth + 1);
  else if (own.type === undefined || [own.type].flat().length === 0) found.isUnknown = true;
  else for (const type of [own.type].flat()) addType(type as string, own, found);
}

/** What all of several schemas hold for is what the first says that says anything. */
function collectFirst(parts: readonly JsonSchema[], root: JsonSchema, found: TextTypes, depth: number): void {
  const telling = parts.find((part) => {
    const trial = noTypes();
    collect(part, root, trial, depth);
    return !trial.isUnknown;
  });
  if (telling) collect(telling, root, found, depth);
  else found.isUnknown = true;
}

function addValue(value: unknown, found: TextTypes): void {
  if (typeof value === 'string') {
    found.scalars.add('string');
    if (found.strings !== 'any') found.strings.add(value);
  } else addType(value === null ? 'null' : typeof value, {}, found);
}

function addType(type: string, schema: JsonSchema, found: TextTypes): void {
  if (type === 'string') found.strings = 'any';
  if (type === 'integer') found.scalars.add('number');
  else if (type === 'string' || type === 'number' || type === 'boolean' || type === 'bigint' || type === 'date') {
    found.scalars.add(type);
  } else if (type === 'array') found.lists.set(JSON.stringify(elementsOf(schema)), schema);
  else found.others.add(type);
}
