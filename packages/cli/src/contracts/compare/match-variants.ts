import type { Finding } from './change.ts';
import { canonical, type Json, objectOf } from './json.ts';

/** Alternatives of a schema before and after that belong together, and those that have no partner. */
export interface Matches {
  readonly pairs: readonly (readonly [before: Json, after: Json])[];
  readonly removed: readonly Json[];
  readonly added: readonly Json[];
}

type ConstantOf = (schema: unknown) => unknown;
type Constants = readonly [before: ConstantOf, after: ConstantOf];

/**
 * Finds which alternatives of a union belong together: those that are alike, the ones that differ least first.
 *
 * @param compare what differs between two alternatives
 * @param constants give the one value of a property's schema, before and after; undefined where it has several
 */
export function matchVariants(
  before: readonly Json[],
  after: readonly Json[],
  compare: (one: Json, other: Json) => readonly Finding[],
  constants: Constants,
): Matches {
  const candidates = before.flatMap((one) =>
    after
      .filter((other) => isAlike(one, other, constants))
      .map((other) => ({ one, other, cost: compare(one, other).length })),
  );
  candidates.sort((a, b) => a.cost - b.cost);
  const partners = new Map<Json, Json>();
  const taken = new Set<Json>();
  for (const { one, other } of candidates) {
    if (partners.has(one) || taken.has(other)) continue;
    partners.set(one, other);
    taken.add(other);
  }
  return {
    pairs: [...partners],
    removed: before.filter((one) => !partners.has(one)),
    added: after.filter((other) => !taken.has(other)),
  };
}

function isAlike(one: Json, other: Json, [constantOf, laterConstantOf]: Constants): boolean {
  const numbers = ['integer', 'number'];
  if (one.type !== other.type) return [one.type, other.type].every((type) => numbers.includes(type as string));
  if (one.type !== 'object') return true;
  const [some, others] = [objectOf(one.properties), objectOf(other.properties)];
  const names = Object.keys(some).filter((name) => Object.hasOwn(others, name));
  // `kind: "circle"` is no `kind: "square"`.
  const tags = names.map((name) => [constantOf(some[name]), laterConstantOf(others[name])] as const);
  if (tags.some(([a, b]) => a !== undefined && b !== undefined && canonical(a) !== canonical(b))) return false;
  return names.length > 0 || [some, others].some((properties) => Object.keys(properties).length === 0);
}
