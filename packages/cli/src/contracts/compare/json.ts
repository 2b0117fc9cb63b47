import { isRecord } from '@parley/contract';

/** An object of a JSON document. */
export type Json = Readonly<Record<string, unknown>>;

/** The value where it is an object; an empty object otherwise. */
export function objectOf(value: unknown): Json {
  return isRecord(value) ? value : {};
}

/** The value where it is a list; an empty list otherwise. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** One text for equal values, whatever the order of their members. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, one: unknown) =>
      isRecord(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
    ) ?? 'undefined'
  );
}
