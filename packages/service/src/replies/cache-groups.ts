import { hash } from 'node:crypto';
import {
  type CacheGroups,
  cacheGroupsField,
  isPlainCacheGroup,
  mostCacheGroups,
  type Operation,
} from '@parley/contract';
import type { Response } from 'express';

/** Sets the header with the cache groups of a reply, from the input of its request. */
export type SetCacheGroups = (res: Response, input: unknown) => void;

/**
 * Makes what tells caches the groups of an operation's replies: `Cache-Groups` of a read, `Cache-Group-Invalidation` of a write
 * (RFC 9875). To be called before the handler: a group that cannot be sent then ends the request before its effect. Undefined
 * where the operation has none.
 */
export function cacheGroupsSetter({ label, cache, invalidates }: Operation): SetCacheGroups | undefined {
  const groups = (cache?.groups ?? invalidates) as CacheGroups<unknown> | undefined;
  if (groups === undefined) return undefined;
  const header = invalidates === undefined ? 'Cache-Groups' : 'Cache-Group-Invalidation';
  if (typeof groups !== 'function') {
    const field = cacheGroupsField(groups);
    return (res) => void res.setHeader(header, field);
  }
  return (res, input) => {
    const names = checkedNames(label, groups(input));
    if (names.length > 0) res.setHeader(header, cacheGroupsField(names.map(sentName)));
  };
}

/** Removes them from a reply that is a failure. */
export function removeCacheGroups(res: Response): void {
  res.removeHeader('Cache-Groups');
  res.removeHeader('Cache-Group-Invalidation');
}

function checkedNames(label: string, given: unknown): readonly string[] {
  if (!Array.isArray(given) || !given.every((name) => typeof name === 'string')) {
    throw new TypeError(`the function of cache groups of ${label} must return a list of texts`);
  }
  if (given.length <= mostCacheGroups) return given;
  throw new RangeError(
    `the function of cache groups of ${label} returned ${given.length} names, and caches need not know more than ${mostCacheGroups}: limit the input`,
  );
}

/** One input gives one name, for the read and the write alike. The digest of a name has 32 characters, the most that every cache supports. */
function sentName(name: string): string {
  return isPlainCacheGroup(name) ? name : hash('sha256', name.toWellFormed(), 'base64url').slice(0, 32);
}
