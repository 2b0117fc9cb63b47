import { headerNames, MinVersions, parseMinVersions } from '@parley/contract';
import type { Call } from '../layer.ts';
import type { CacheSettings } from '../options/cache-options.ts';
import type { Clock } from '../time/clock.ts';
import { Reply } from '../transport/reply.ts';
import type { CacheKeys } from './cache-keys.ts';
import type { RequestDirectives } from './directives.ts';
import type { Exchanged } from './freshness.ts';
import type { Outdated } from './invalidation.ts';
import { InvalidationLog, type Sequence } from './invalidation-log.ts';
import { lowerOf } from './least-versions.ts';
import { LRUCache } from './lru.ts';
import { MemoryStore, type StoreKey } from './memory-store.ts';
import { isStorable } from './storable.ts';
import { storedFields } from './stored-fields.ts';
import { ownBody, StoredReply, withStatus } from './stored-reply.ts';
import { type Selection, selectionOf } from './vary.ts';

/** A call, and what is stored for it. */
export interface Lookup {
  readonly call: Call;
  readonly key: StoreKey;
  readonly asked: RequestDirectives;
  readonly stored: StoredReply | undefined;
}

/** When a request was sent. */
export interface Sent {
  readonly requestMs: number;
  readonly sequence: Sequence;
  /** The versions that its reply is surely not older than. */
  readonly minVersions: MinVersions | undefined;
}

/** Statuses of a service, or of a gateway before it, that fails. They say nothing of what is stored. */
export const failures: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/**
 * Decides which replies are stored, renewed and removed. A reply that was asked for before a write is not stored after it.
 *
 * Scope: upstream.
 */
export class KeptReplies {
  readonly #settings: CacheSettings;
  readonly #clock: Clock;
  readonly #keys: CacheKeys;
  readonly #store: MemoryStore;
  readonly #invalidations = new InvalidationLog();
  /** The versions that replies to writes have named: there are these. A request may name any. */
  readonly #confirmed = new MinVersions();
  readonly #unstored = new LRUCache<string, true>({
    max: 1000,
    maxSize: 1024 * 1024,
    sizeCalculation: (_, key) => key.length,
  });

  constructor(settings: CacheSettings, clock: Clock, keys: CacheKeys) {
    this.#settings = settings;
    this.#clock = clock;
    this.#keys = keys;
    this.#store = new MemoryStore(settings);
  }

  /** To be remembered by a request that is sent now. */
  sent({ context }: Call): Sent {
    // Not what is asked for alone: a forged version would let the reply pass for newer than it is.
    const minVersions = context.minVersions && lowerOf(context.minVersions, this.#confirmed);
    return { requestMs: this.#clock.now(), sequence: this.#invalidations.now, minVersions };
  }

  /** Remembers the versions that a reply names. */
  note({ headers }: Reply): void {
    const named = parseMinVersions(headers[headerNames.minVersions]);
    if (named) this.#confirmed.raiseAll(named);
  }

  /** What is stored for this call: nothing that may be older than what its caller has written. */
  find(key: StoreKey, { headers, context: { minVersions } }: Call): StoredReply | undefined {
    const stored = this.#store.find(key.text, headers);
    return stored && minVersions && !stored.isFrom(minVersions) ? undefined : stored;
  }

  /** Whether the latest reply of this key was not stored: identical calls need not wait for each other then. */
  isUnstored(key: StoreKey): boolean {
    return this.#unstored.has(key.text);
  }

  /** Whether its path was invalidated after a request was sent: the reply may be from before that. */
  isOutdated({ path }: StoreKey, { sequence }: Sent): boolean {
    return this.#invalidations.isOutdated(path, [], sequence);
  }

  /** Removes the reply that is stored for a request with these headers. */
  remove(key: StoreKey, headers: Call['headers']): void {
    this.#store.remove(key, headers);
  }

  /** Why a request went to the service, in the words of RFC 9211 §2.2. */
  whyForwarded({ call, key, stored }: Lookup): string {
    if (stored) return stored.isFresh(this.#clock.now()) ? 'request' : 'stale';
    if (!this.#store.has(key.text)) return 'uri-miss';
    return this.#store.find(key.text, call.headers) ? 'miss' : 'vary-miss';
  }

  /**
   * Stores a reply where that is allowed and of use. The reply as its caller gets it.
   *
   * @param why the request went to the service. Default: what {@link whyForwarded} finds
   */
  keep({ call, key, asked, stored }: Lookup, reply: Reply, sent: Sent, why?: string): Reply {
    if (reply.status === 304) return reply; // the caller's own condition: it says nothing of what is stored
    if (failures.has(reply.status) && stored?.mayReplaceError(asked, this.#clock.now(), 0)) return reply;
    const made = isStorable(reply, this.#keys.storedFor(call)) ? this.#storedOf(call, reply, sent) : undefined;
    const isOutdated = made !== undefined && this.#invalidations.isOutdated(key.path, made.groups, sent.sequence);
    const because = made && (why ?? this.whyForwarded({ call, key, asked, stored }));
    if (!made || isOutdated || !this.#store.put(key, made, call.headers)) {
      // Its successor came, which may not be stored. A failure says nothing of the stored one.
      if (stored && !failures.has(reply.status)) this.#store.remove(key, call.headers);
      if (!isOutdated && !this.#unstored.has(key.text)) this.#unstored.set(key.text, true);
      return reply;
    }
    this.#unstored.delete(key.text);
    const { status, headers, body, origin } = reply;
    const line = withStatus(headers['cache-status'], `parley; fwd=${because}; stored`);
    return new Reply(status, { ...headers, 'cache-status': line }, body, origin);
  }

  /** Whether what is a part of a reply, or confirms one, may itself be stored as the reply might be (RFC 9111 §3.3). */
  mayStorePart(call: Call, { headers, origin }: Reply): boolean {
    return isStorable({ status: 200, headers, origin }, this.#keys.storedFor(call));
  }

  /** Stores a 206. False where that is not allowed, or of no use. */
  putPart(key: StoreKey, call: Call, reply: Reply, sent: Sent): boolean {
    if (!this.mayStorePart(call, reply)) return false;
    const made = this.#storedOf(call, reply, sent);
    if (!made || this.#invalidations.isOutdated(key.path, made.groups, sent.sequence)) return false;
    return this.#store.put(key, made, call.headers);
  }

  /** The stored reply as a 304 renews it; undefined where the 304 confirms another one: nobody can use it (RFC 9111 §4.3.3). */
  confirm({ call, key, stored }: Lookup, reply: Reply, { requestMs, sequence }: Sent): StoredReply | undefined {
    if (!stored) return undefined;
    const selection = selectionAfter(stored, reply, call);
    const confirmed = stored.confirmed(reply, this.#exchanged(requestMs), selection);
    if (!confirmed) return undefined;
    const isOutdated = this.#invalidations.isOutdated(key.path, confirmed.groups, sequence);
    const renewed = confirmed.head(call.label, this.#clock.now(), 'parley');
    const isForThisStore = reply.headers['set-cookie'] === undefined || this.mayStorePart(call, reply);
    const isKept = selection && !isOutdated && isForThisStore && isStorable(renewed, this.#keys.storedFor(call));
    if (isKept) this.#store.put(key, confirmed, call.headers);
    else this.#store.remove(key, call.headers);
    return confirmed;
  }

  /** Renews what is stored by a reply to HEAD, or removes it where that describes another one. */
  describe({ call, key, stored }: Lookup, reply: Reply, { requestMs, sequence }: Sent): void {
    if (!stored || reply.status >= 500 || reply.status === 304) return;
    if (this.#invalidations.isOutdated(key.path, stored.groups, sequence)) return;
    const selection = selectionAfter(stored, reply, call);
    const described = stored.described(reply, this.#exchanged(requestMs), selection);
    const isKept = described && selection && isStorable(reply, this.#keys.storedFor(call));
    if (isKept) this.#store.put(key, described, call.headers);
    else this.#store.remove(key, call.headers);
  }

  /** Removes what a write has made outdated. */
  invalidate({ paths, groups }: Outdated): void {
    for (const path of paths) {
      this.#invalidations.addPath(path);
      this.#store.invalidatePath(path);
    }
    for (const group of groups) {
      this.#invalidations.addGroup(group);
      this.#store.invalidateGroup(group);
    }
  }

  #storedOf(call: Call, reply: Reply, { requestMs, minVersions }: Sent): StoredReply | undefined {
    const { status, origin } = reply;
    const body = ownBody(reply.body);
    const headers = storedFields(reply.headers);
    const selection = selectionOf(reply.headers, call.headers);
    if (body === undefined || selection === undefined) return undefined;
    const isShared = this.#settings.shared;
    const { endpoint } = origin;
    const made = new StoredReply({
      ...{ status, headers, body, selection, endpoint, isShared, minVersions },
      ...this.#exchanged(requestMs),
    });
    return made.isOfUse ? made : undefined;
  }

  /** A reply came now. */
  #exchanged(requestMs: number): Exchanged {
    const replyMs = this.#clock.now();
    return { requestMs, replyMs, replyWallMs: this.#clock.wallNow?.() ?? replyMs };
  }
}

/** What the stored reply is chosen by after a 304, or a reply to HEAD, which may have a `Vary` of its own; undefined for `Vary: *`. */
function selectionAfter({ selection }: StoredReply, { headers }: Reply, call: Call): Selection | undefined {
  return headers.vary === undefined ? selection : selectionOf(headers, call.headers);
}
