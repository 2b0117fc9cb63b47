import { nearestName, ownMembers } from '@parley/contract';

/** The client's cache, as a caller sets it. */
export interface CacheOptions {
  /** The cache is for all callers of this process alike: replies that are private, or to requests with credentials, are not stored. Default: false. */
  readonly shared?: boolean | undefined;
  /** All calls are for one user, whatever their credentials are: of a command line, or of a service with a token of its own. Not together with `shared`. Default: false. */
  readonly oneUser?: boolean | undefined;
  /** Memory for stored replies, in bytes. Default: 32 MiB; at most 4 GiB. */
  readonly maxBytes?: number | undefined;
  /** Memory for one resource with all its variants, in bytes: the oldest ones leave first, and a reply that takes more is not stored. Default: an eighth of `maxBytes`. */
  readonly maxEntryBytes?: number | undefined;
  /** Time for which a stale reply stands in for a service that gives no reply at all, where the reply does not say so itself (`stale-if-error`), in s. Default: 0. */
  readonly staleIfUnreachableS?: number | undefined;
  /** Further request headers that tell who asks, beside those whose names say so, such as `authorization`, `cookie`, `x-api-key` and `x-forwarded-user`. Default: none. */
  readonly credentials?: readonly string[] | undefined;
}

/** All of them, with their defaults. */
export interface CacheSettings {
  readonly shared: boolean;
  readonly oneUser: boolean;
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
  readonly staleIfUnreachableS: number;
  readonly credentials: readonly string[];
}

const isBytes = (value: unknown) => Number.isInteger(value) && Number(value) >= 1024 && Number(value) <= 2 ** 32;
const isSeconds = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 31_536_000;
const isName = (value: unknown) => typeof value === 'string' && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value);

const members = {
  shared: { expected: 'true or false', isFine: (value: unknown) => typeof value === 'boolean' },
  oneUser: { expected: 'true or false', isFine: (value: unknown) => typeof value === 'boolean' },
  maxBytes: { expected: 'a whole number from 1024 to 4294967296', isFine: isBytes },
  maxEntryBytes: { expected: 'a whole number from 1024 to 4294967296', isFine: isBytes },
  staleIfUnreachableS: { expected: 'a number from 0 to 31536000', isFine: isSeconds },
  credentials: {
    expected: 'a list of names of headers',
    isFine: (value: unknown) => Array.isArray(value) && value.every(isName),
  },
} as const satisfies Record<keyof CacheOptions, { expected: string; isFine(value: unknown): boolean }>;

/** What a value of the option `cache` must be, after "must be"; undefined where this one is fine. */
export function expectedCache(value: unknown): string | undefined {
  if (typeof value === 'boolean') return undefined;
  const names = Object.keys(members);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `true, false or an object with ${names.join(', ')}`;
  for (const [name, given] of Object.entries(value)) {
    if (!Object.hasOwn(members, name)) {
      const nearest = nearestName(name, names);
      const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
      return `an object with ${names.join(', ')} and no ${name}${hint}`;
    }
    const { expected, isFine } = members[name as keyof CacheOptions];
    if (given !== undefined && !isFine(given)) return `an object whose ${name} is ${expected}`;
  }
  const { shared, oneUser } = ownMembers(value as CacheOptions);
  return shared && oneUser ? 'an object with shared or oneUser, since one user shares nothing' : undefined;
}

/** The settings of a cache that is on; undefined where it is off. */
export function cacheSettings(given: boolean | CacheOptions): CacheSettings | undefined {
  if (given === false) return undefined;
  const {
    shared = false,
    oneUser = false,
    maxBytes = 32 * 1024 * 1024,
    credentials = [],
    ...others
  } = ownMembers(given === true ? {} : given);
  const { maxEntryBytes = Math.ceil(maxBytes / 8), staleIfUnreachableS = 0 } = others;
  return { shared, oneUser, maxBytes, maxEntryBytes, staleIfUnreachableS, credentials };
}
