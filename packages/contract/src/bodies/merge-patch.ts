import { isRecord } from '../members/is-record.ts';
import type { InputOf, OutputOf, Schema } from '../schemas/schema.ts';
import type { Formatted } from './body-format.ts';
import { isOneOf } from './media-type.ts';

/** An input whose body is a JSON merge patch. Made by {@link mergePatch}. */
export type MergePatchInput<S extends Schema = Schema> = Formatted<'merge-patch', InputOf<S>, OutputOf<S>>;

/**
 * Declares an input whose body says what changes, as a JSON merge patch (`application/merge-patch+json`, RFC 7396): a member
 * that is left out stays, `null` takes a member away. {@link applyMergePatch} carries it out.
 *
 * @param schema an object schema, whose members of the body are optional, and nullable where they can be taken away:
 *   `z.object({ id: z.string(), name: z.string().optional(), nickname: z.string().nullish() })`
 */
export function mergePatch<S extends Schema>(schema: S): MergePatchInput<S> {
  const type = 'application/merge-patch+json';
  return {
    '~standard': schema['~standard'],
    format: 'merge-patch',
    types: [type],
    accepts: (contentType) => isOneOf(contentType, [type]),
    write: (value) => ({ body: JSON.stringify(value), contentType: type }),
  } as MergePatchInput<S>;
}

/** A merge patch of a value: any of its members, and `null` for those that can be taken away. */
export type MergePatch<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [Name in keyof T]?: MergePatch<T[Name]> | (undefined extends T[Name] ? null : never) | undefined }
    : T;

/**
 * The value that a merge patch makes of another (RFC 7396): objects are merged member by member, lists and all else are
 * replaced, and `null` takes a member away. Members that are `undefined` are left out. Neither argument changes.
 */
export function applyMergePatch<T>(target: T, patch: NoInfer<MergePatch<T>>): T {
  return merged(target, patch) as T;
}

function merged(target: unknown, patch: unknown): unknown {
  if (!isMembers(patch)) return patch;
  // Own members only, so that a member named __proto__ is one like any other.
  const members = new Map<string, unknown>(isMembers(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else if (value !== undefined) members.set(name, merged(members.get(name), value));
  }
  return Object.fromEntries(members);
}

function isMembers(value: unknown): value is object {
  return isRecord(value) && !(value instanceof Date);
}
