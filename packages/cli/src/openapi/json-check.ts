import { type Issue, isRecord } from '@parley/contract';

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What `$ref`s point into: `#/components/schemas/Visit`. */
export type Root = Readonly<Record<string, unknown>>;

/** Follows `$ref` to the schema that it leads to. */
export function resolved(schema: JsonSchema, root: Root): JsonSchema {
  let found = schema;
  // Bounded: references may lead in a circle.
  for (let step = 0; typeof found.$ref === 'string' && step < 16; step++) {
    const { $ref, ...beside } = found;
    found = { ...(at(String($ref), root) as JsonSchema), ...beside };
  }
  return found;
}

function at(reference: string, root: Root): unknown {
  // What is in another file is not read.
  if (!reference.startsWith('#')) return {};
  let found: unknown = root;
  for (const step of reference.split('/').slice(1)) {
    const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    found = isRecord(found) && Object.hasOwn(found, name) ? found[name] : {};
  }
  return found;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** Schemas of one value within each other. More are a circle: `A: { allOf: [{ $ref: A }] }`. */
const maxNested = 12;

/**
 * Checks a value against a JSON Schema, by the words that contracts use most: types, enums, bounds, patterns, members, elements
 * and alternatives. Words that it does not know it takes as fulfilled: the service checks them.
 *
 * @param path of the value, for the issues: `address.street`
 */
export function jsonIssues(value: unknown, schema: JsonSchema, root: Root, path = '', nested = 0): readonly Issue[] {
  if (nested > maxNested) return [];
  const own = resolved(schema, root);
  const alternatives = (own.anyOf ?? own.oneOf) as readonly JsonSchema[] | undefined;
  const issue = (message: string): Issue[] => [{ path, message }];
  if (alternatives) {
    const found = alternatives.map((one) => jsonIssues(value, one, root, path, nested + 1));
    if (!found.some((issues) => issues.length === 0))
      return found.length === 1 ? (found[0] ?? []) : issue(alternativesText(alternatives, root));
  }
  const all = ((own.allOf ?? []) as readonly JsonSchema[]).flatMap((one) =>
    jsonIssues(value, one, root, path, nested + 1),
  );
  const types = typesOf(own);
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    return [...all, ...issue(`must be of type ${types.join(' or ')}, not ${typeName(value)}`)];
  }
  const allowed = 'const' in own ? [own.const] : (own.enum as readonly unknown[] | undefined);
  if (allowed && !allowed.some((one) => JSON.stringify(one) === JSON.stringify(value))) {
    return [...all, ...issue(`must be ${allowed.map((one) => JSON.stringify(one)).join(' or ')}`)];
  }
  return [...all, ...boundsIssues(value, own).flatMap(issue), ...insideIssues(value, own, root, path)];
}

function boundsIssues(value: unknown, schema: JsonSchema): string[] {
  const bounds = (what: number, unit: string, least: unknown, most: unknown) => [
    ...(typeof least === 'number' && what < least ? [`must have at least ${least} ${unit}, not ${what}`] : []),
    ...(typeof most === 'number' && what > most ? [`must have at most ${most} ${unit}, not ${what}`] : []),
  ];
  if (typeof value === 'string') {
    const length = Array.from(value).length;
    const fits = fitsPattern(value, schema.pattern);
    return [
      ...bounds(length, 'characters', schema.minLength, schema.maxLength),
      ...(fits ? [] : [`must match ${schema.pattern}`]),
    ];
  }
  if (Array.isArray(value)) return bounds(value.length, 'elements', schema.minItems, schema.maxItems);
  if (typeof value !== 'number') return [];
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  return [
    ...(typeof minimum === 'number' && value < minimum ? [`must be at least ${minimum}, not ${value}`] : []),
    ...(typeof maximum === 'number' && value > maximum ? [`must be at most ${maximum}, not ${value}`] : []),
    ...(typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum ? [`must be above ${exclusiveMinimum}`] : []),
    ...(typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum ? [`must be below ${exclusiveMaximum}`] : []),
  ];
}

function insideIssues(value: unknown, schema: JsonSchema, root: Root, path: string): readonly Issue[] {
  const inside = (name: string | number) => (path === '' ? String(name) : `${path}.${name}`);
  if (Array.isArray(value)) {
    const items = schema.items as JsonSchema | undefined;
    return isRecord(items) ? value.flatMap((one, index) => jsonIssues(one, items, root, inside(index))) : [];
  }
  if (!isRecord(value)) return [];
  const properties = (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = ((schema.required ?? []) as readonly string[]).filter((name) => !Object.hasOwn(value, name));
  return [
    ...required.map((name) => ({ path: inside(name), message: 'is missing' })),
    ...Object.entries(value).flatMap(([name, member]): readonly Issue[] => {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (known) return jsonIssues(member, known, root, inside(name));
      if (schema.additionalProperties === false && !schema.patternProperties)
        return [{ path: inside(name), message: 'is not known' }];
      return isRecord(schema.additionalProperties)
        ? jsonIssues(member, schema.additionalProperties, root, inside(name))
        : [];
    }),
  ];
}

/** The types that a schema names itself. */
export function typesOf({ type }: JsonSchema): readonly string[] {
  return (Array.isArray(type) ? type : [type]).filter((one) => typeof one === 'string');
}

function alternativesText(alternatives: readonly JsonSchema[], root: Root): string {
  const types = [...new Set(alternatives.flatMap((one) => typesOf(resolved(one, root))))];
  return types.length > 1 ? `must be of type ${types.join(' or ')}` : 'must be one of the alternatives in the contract';
}

function fitsPattern(value: string, pattern: unknown): boolean {
  if (typeof pattern !== 'string') return true;
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return true;
  }
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  return typeName(value) === type;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
