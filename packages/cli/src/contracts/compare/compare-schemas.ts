import { type Finding, within } from './change.ts';
import { compareKeywords } from './compare-keywords.ts';
import { type FlatSchema, SchemaReader } from './flat-schema.ts';
import { type Json, listOf, objectOf } from './json.ts';
import { matchVariants } from './match-variants.ts';
import { schemaWords } from './schema-words.ts';

/**
 * Compares schemas of two documents. A change has the same name in a request and in a reply; the table of rules says
 * where it breaks callers.
 */
export class SchemaComparison {
  readonly #before: SchemaReader;
  readonly #after: SchemaReader;
  /** By the two schemas. An empty list while they are being compared: a schema may hold itself. */
  #known = new WeakMap<object, WeakMap<object, readonly Finding[]>>();
  #isRunning = false;

  /** @param before the document that references of the earlier schemas lead into; `after` likewise */
  constructor(before: Json, after: Json) {
    this.#before = new SchemaReader(before);
    this.#after = new SchemaReader(after);
  }

  /** What differs, with places such as `.items[].name`. A difference inside a schema that holds itself is there once. */
  compare(before: unknown, after: unknown): readonly Finding[] {
    if (this.#isRunning) return this.#schemas(before, after);
    this.#known = new WeakMap();
    this.#isRunning = true;
    try {
      return this.#schemas(before, after);
    } finally {
      this.#isRunning = false;
    }
  }

  #schemas(before: unknown, after: unknown): readonly Finding[] {
    const [one, other] = [this.#before.flat(before), this.#after.flat(after)];
    return this.#once(one, other, () => this.#flat(one, other));
  }

  #once(one: object, other: object, find: () => readonly Finding[]): readonly Finding[] {
    const row = this.#known.get(one) ?? new WeakMap<object, readonly Finding[]>();
    this.#known.set(one, row);
    const known = row.get(other);
    if (known) return known;
    row.set(other, []);
    const found = find();
    row.set(other, found);
    return found;
  }

  #flat(before: FlatSchema, after: FlatSchema): readonly Finding[] {
    if (before.isAnything || after.isAnything) return anythingChange(before, after);
    const [[one, second], [other, another]] = [before.variants, after.variants];
    const nullable = nullChange(before, after);
    if (!one || !other) return onlyNull(before, after, nullable);
    if (!second && !another) return [...nullable, ...this.#variants(one, other)];
    const matches = matchVariants(before.variants, after.variants, (some, others) => this.#variants(some, others), [
      (schema) => constantOf(schema, this.#before),
      (schema) => constantOf(schema, this.#after),
    ]);
    return [
      ...nullable,
      ...matches.pairs.flatMap(([some, others]) => this.#variants(some, others)),
      ...matches.removed.map((gone): Finding => ({ rule: 'variant-removed', where: '', before: schemaWords(gone) })),
      ...matches.added.map((added): Finding => ({ rule: 'variant-added', where: '', after: schemaWords(added) })),
    ];
  }

  #variants(before: Json, after: Json): readonly Finding[] {
    return this.#once(before, after, () => {
      const own = compareKeywords(before, after);
      if (own.some(({ rule }) => rule === 'type-changed')) return own;
      return [
        ...own,
        ...this.#properties(before, after),
        ...this.#further(before, after),
        ...this.#items(before, after),
      ];
    });
  }

  #properties(before: Json, after: Json): readonly Finding[] {
    const [old, now] = [objectOf(before.properties), objectOf(after.properties)];
    const [wasRequired, isRequired] = [requiredOf(before), requiredOf(after)];
    const names = new Set([...Object.keys(old), ...Object.keys(now), ...wasRequired, ...isRequired]);
    return [...names].flatMap((name) => {
      const [was, is] = [wasRequired.has(name), isRequired.has(name)];
      const known = [Object.hasOwn(old, name) || was, Object.hasOwn(now, name) || is];
      const where = `.${name}`;
      if (!known[0]) return [{ rule: is ? 'required-property-added' : 'property-added', where } as const];
      if (!known[1]) return [{ rule: was ? 'required-property-removed' : 'property-removed', where } as const];
      const inside = within(where, this.#schemas(old[name], now[name]));
      if (was === is) return inside;
      return [{ rule: is ? 'property-became-required' : 'property-became-optional', where } as const, ...inside];
    });
  }

  #further(before: Json, after: Json): readonly Finding[] {
    if (before.type !== 'object' || after.type !== 'object') return [];
    const [old, now] = [before.additionalProperties ?? true, after.additionalProperties ?? true];
    if (old === false && now === false) return [];
    if (now === false) return [{ rule: 'further-properties-refused', where: '' }];
    if (old === false) return [{ rule: 'further-properties-allowed', where: '' }];
    return within('.*', this.#schemas(old, now));
  }

  #items(before: Json, after: Json): readonly Finding[] {
    if (before.type !== 'array' || after.type !== 'array') return [];
    const [old, now] = [listOf(before.prefixItems), listOf(after.prefixItems)];
    const length = Math.max(old.length, now.length);
    const places = Array.from({ length }, (_, index) =>
      within(`[${index}]`, this.#schemas(old[index] ?? before.items, now[index] ?? after.items)),
    );
    return [...places.flat(), ...within('[]', this.#schemas(before.items, after.items))];
  }
}

function requiredOf({ required }: Json): ReadonlySet<string> {
  return new Set(listOf(required).filter((name) => typeof name === 'string'));
}

function nullChange(before: FlatSchema, after: FlatSchema): readonly Finding[] {
  if (before.isNullable === after.isNullable) return [];
  return [{ rule: after.isNullable ? 'became-nullable' : 'no-longer-nullable', where: '' }];
}

function anythingChange(before: FlatSchema, after: FlatSchema): readonly Finding[] {
  if (before.isAnything && after.isAnything) return [];
  const words = [before, after].map(({ variants }) => variants.map(schemaWords).join(' or ') || 'null');
  const [old = '', now = ''] = words;
  return before.isAnything
    ? [{ rule: 'type-narrowed', where: '', before: 'anything', after: now }]
    : [{ rule: 'type-widened', where: '', before: old, after: 'anything' }];
}

/** Where one of the two is null and nothing else. */
function onlyNull(before: FlatSchema, after: FlatSchema, nullable: readonly Finding[]): readonly Finding[] {
  return [
    ...nullable,
    ...before.variants.map((gone): Finding => ({ rule: 'variant-removed', where: '', before: schemaWords(gone) })),
    ...after.variants.map((added): Finding => ({ rule: 'variant-added', where: '', after: schemaWords(added) })),
  ];
}

function constantOf(schema: unknown, reader: SchemaReader): unknown {
  const [variant, ...others] = reader.flat(schema).variants;
  const values = others.length === 0 ? listOf(variant?.enum) : [];
  return values.length === 1 ? values[0] : undefined;
}
