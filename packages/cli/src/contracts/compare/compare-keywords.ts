import type { Finding } from './change.ts';
import { canonical, type Json, listOf } from './json.ts';
import { lowerBounds, upperBounds } from './merge-schemas.ts';
import type { RuleName } from './rules.ts';
import { schemaWords, shortened, valuesWords } from './schema-words.ts';

/** Keywords of which a program can say only whether they are the same. */
const texts = ['pattern', 'format', 'contentEncoding', 'contentMediaType'] as const;
/** Keywords that have a comparison of their own. */
const compared: ReadonlySet<string> = new Set([
  ...['type', 'enum', 'default', 'uniqueItems', 'multipleOf', 'properties', 'required', 'additionalProperties'],
  ...['items', 'prefixItems', ...texts, ...lowerBounds, ...upperBounds],
]);
/** What a list, a text or an object has at least, though its schema does not say so. */
const leastSizes: ReadonlySet<string> = new Set(['minLength', 'minItems', 'minProperties']);

/** Compares what two alternatives of a schema say of a value itself, not of its members and elements. */
export function compareKeywords(before: Json, after: Json): Finding[] {
  const found = typeChange(before, after);
  if (found?.rule === 'type-changed') return [found];
  return [
    ...(found ? [found] : []),
    ...enumChanges(before, after),
    ...boundChanges(before, after),
    ...textChanges(before, after),
    ...otherChanges(before, after),
  ];
}

function finding(rule: RuleName, before?: string, after?: string): Finding {
  return { rule, where: '', ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}

function typeChange(before: Json, after: Json): Finding | undefined {
  const [one, other] = [before.type, after.type];
  if (one === other) return undefined;
  const isNarrower = one === undefined || (one === 'number' && other === 'integer');
  const isWider = other === undefined || (one === 'integer' && other === 'number');
  const rule = isNarrower ? 'type-narrowed' : isWider ? 'type-widened' : 'type-changed';
  return finding(rule, schemaWords(before), schemaWords(after));
}

function enumChanges(before: Json, after: Json): Finding[] {
  const [old, now] = [before.enum, after.enum];
  if (old === undefined && now === undefined) return [];
  if (old === undefined) return [finding('became-enum', undefined, valuesWords(listOf(now)))];
  if (now === undefined) return [finding('no-longer-enum', valuesWords(listOf(old)))];
  const gone = valuesBut(listOf(old), listOf(now));
  const added = valuesBut(listOf(now), listOf(old));
  return [
    ...(gone.length > 0 ? [finding('enum-value-removed', valuesWords(gone))] : []),
    ...(added.length > 0 ? [finding('enum-value-added', undefined, valuesWords(added))] : []),
  ];
}

function valuesBut(values: readonly unknown[], others: readonly unknown[]): readonly unknown[] {
  const known = new Set(others.map(canonical));
  return values.filter((value) => !known.has(canonical(value)));
}

function boundChanges(before: Json, after: Json): Finding[] {
  const found = [...lowerBounds, ...upperBounds].flatMap((word) => {
    const isLower = lowerBounds.has(word);
    const [one, other] = [before, after].map((schema) => boundOf(schema, word, isLower)) as [number, number];
    if (one === other) return [];
    const rule = other > one === isLower ? 'bound-tightened' : 'bound-loosened';
    return [finding(rule, boundWords(before, word), boundWords(after, word))];
  });
  const [old, now] = [before.multipleOf, after.multipleOf];
  if (old === now) return found;
  const isTighter = old === undefined || (now !== undefined && isMultiple(now, old));
  const isLooser = now === undefined || (old !== undefined && isMultiple(old, now));
  const rule = isTighter ? 'bound-tightened' : isLooser ? 'bound-loosened' : 'pattern-changed';
  return [...found, finding(rule, boundWords(before, 'multipleOf'), boundWords(after, 'multipleOf'))];
}

function boundOf(schema: Json, word: string, isLower: boolean): number {
  const value = schema[word];
  if (typeof value === 'number') return value;
  if (leastSizes.has(word)) return 0;
  return isLower ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function isMultiple(value: unknown, step: unknown): boolean {
  return Number.isInteger(Number(value) / Number(step));
}

function boundWords(schema: Json, word: string): string {
  return schema[word] === undefined ? `no ${word}` : `${word} ${schema[word]}`;
}

function textChanges(before: Json, after: Json): Finding[] {
  const changes = texts.flatMap((word) => {
    const [old, now] = [textWords(before, word), textWords(after, word)];
    if (canonical(before[word]) === canonical(after[word])) return [];
    const rule = old === undefined ? 'pattern-added' : now === undefined ? 'pattern-removed' : 'pattern-changed';
    return [finding(rule, old, now)];
  });
  const [wasUnique, isUnique] = [before.uniqueItems === true, after.uniqueItems === true];
  if (wasUnique === isUnique) return changes;
  return [...changes, finding(isUnique ? 'items-became-unique' : 'items-no-longer-unique')];
}

function textWords(schema: Json, word: string): string | undefined {
  const value = schema[word];
  if (value === undefined) return undefined;
  return shortened(`${word} ${typeof value === 'string' ? value : canonical(value)}`);
}

function otherChanges(before: Json, after: Json): Finding[] {
  const words = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = words.filter(
    (word) => !compared.has(word) && canonical(before[word] ?? null) !== canonical(after[word] ?? null),
  );
  const defaults = [before.default, after.default].map((value) =>
    value === undefined ? 'none' : valuesWords([value]),
  );
  return [
    ...(changed.length > 0 ? [finding('keyword-changed', changed.join(', '))] : []),
    ...(defaults[0] === defaults[1] ? [] : [finding('default-changed', defaults[0], defaults[1])]),
  ];
}
