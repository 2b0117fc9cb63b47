import type { Call } from '../layer.ts';
import type { CacheSettings } from '../options/cache-options.ts';
import { Credentials } from './credentials.ts';
import type { StoreKey } from './memory-store.ts';
import type { StoredFor } from './storable.ts';

/**
 * Which calls the cache has a part in, and which of them get the same reply.
 *
 * Scope: upstream.
 */
export class CacheKeys {
  readonly #isShared: boolean;
  readonly #isOneUser: boolean;
  readonly #credentials: Credentials;
  readonly #hasUserCode: () => boolean;

  /** @param hasUserCode attempt layers or interceptors of the user run below: they may tell callers apart that look the same here */
  constructor({ shared, oneUser, credentials }: CacheSettings, hasUserCode: () => boolean) {
    this.#isShared = shared;
    this.#isOneUser = oneUser;
    this.#credentials = new Credentials(credentials);
    this.#hasUserCode = hasUserCode;
  }

  /**
   * The key of a call; undefined where the cache has no part in it. Text and bytes are apart, and so are calls that follow redirects, hosts, and
   * in a private cache callers: they would get another reply.
   */
  of(call: Call): StoreKey | undefined {
    const { path, replyAs, wire, headers } = call;
    const credentials = this.#isForCache(call) ? this.#credentials.of(headers) : undefined;
    if (credentials === undefined) return undefined;
    const form = (replyAs === 'text' ? 't' : 'b') + (wire?.maxRedirects ? 'f' : '');
    const host = headers.host === undefined ? '' : `@${headers.host}\n`;
    const caller = this.#isShared || this.#isOneUser ? '' : credentials;
    return { path, text: pathPrefix(path) + form + host + caller };
  }

  /** What decides whether a reply to this call may be stored. */
  storedFor({ headers }: Call): StoredFor {
    const hasCredentials = this.#credentials.of(headers) !== '';
    return {
      hasCredentials,
      isShared: this.#isShared,
      isForOne: this.#isOneUser || (hasCredentials && !this.#isShared),
    };
  }

  #isForCache({ method, headers, body, replyAs, wire }: Call): boolean {
    if ((method !== 'GET' && method !== 'HEAD') || body !== undefined || replyAs === 'stream') return false;
    if (wire !== undefined && Object.keys(wire).some((name) => name !== 'maxRedirects')) return false;
    // Conditions that only the service can judge, and parts of a resource.
    if (headers.range !== undefined || headers['if-match'] !== undefined) return false;
    if (headers['if-unmodified-since'] !== undefined || headers['if-range'] !== undefined) return false;
    return !this.#hasUserCode();
  }
}

/** How all keys of a path begin. No path holds the line break. */
export function pathPrefix(path: string): string {
  return `${path}\n`;
}

/**
 * The key of the request that calls share: calls that may be sent differently often, or wait differently long for a place or a reply,
 * have requests of their own; so have callers that must not get what was written before.
 */
export function flightKey({ text }: StoreKey, { maxAttempts, attemptTimeoutMs, hedge, context }: Call): string {
  const { priority, attemptsLeft, minVersions } = context;
  const isTriedOnce = attemptsLeft?.count === 0;
  const own = [maxAttempts, attemptTimeoutMs, hedge, priority];
  if (own.every((option) => option === undefined) && !isTriedOnce && !minVersions) return text;
  return `${text}\n${own.join('/')}/${isTriedOnce}/${minVersions ?? ''}`;
}
