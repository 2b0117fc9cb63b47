/**
 * Names of cache groups (RFC 9875): a list, or a function that makes one of the operation's input. `['visits']`,
 * ``({ id }) => [`visit-${id}`]``. At most 32 names. One in a list has 1 to 32 printable ASCII characters; a function may give
 * any text, and the service sends the digest of one that does not fit.
 */
export type CacheGroups<Input> = readonly string[] | ((input: Input) => readonly string[]);

/** RFC 9875 §2: caches need not know more groups of a reply. */
export const mostCacheGroups = 32;

/** Printable ASCII as in a string of RFC 9651, and no longer than every cache has to support (RFC 9875 §2). */
const plainName = /^[ -~]{1,32}$/;

/** Whether every cache understands a name of a group as it is: 1 to 32 printable ASCII characters. */
export function isPlainCacheGroup(name: unknown): boolean {
  return typeof name === 'string' && plainName.test(name);
}

/** The value of `Cache-Groups` or `Cache-Group-Invalidation` with these names: `"visits", "visit-7"`. @param names each {@link isPlainCacheGroup} */
export function cacheGroupsField(names: readonly string[]): string {
  return names.map((name) => `"${name.replace(/["\\]/g, '\\$&')}"`).join(', ');
}

/** Finds what is wrong with the groups of an operation, as the end of a sentence. Undefined if they are valid. */
export function cacheGroupsFault(option: string, groups: unknown): string | undefined {
  if (groups === undefined || typeof groups === 'function') return undefined;
  if (!Array.isArray(groups))
    return `has ${option} of type ${typeof groups}: must be a list of names, or a function that gives one`;
  if (groups.length === 0 || groups.length > mostCacheGroups) {
    return `has ${option} with ${groups.length} names: must be 1 to ${mostCacheGroups}, since caches need not know more (RFC 9875)`;
  }
  const odd = groups.findIndex((name) => !isPlainCacheGroup(name));
  if (odd === -1) return undefined;
  const shown = JSON.stringify(groups[odd])?.slice(0, 40);
  return `has ${option} with the name ${shown}: must be 1 to 32 printable ASCII characters`;
}
