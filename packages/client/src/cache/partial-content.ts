import { type CacheResult, isSameTag, isSingleRange } from '@parley/contract';
import type { Call, SendCall } from '../layer.ts';
import type { Clock } from '../time/clock.ts';
import { Reply } from '../transport/reply.ts';
import { type CacheKeys, pathPrefix } from './cache-keys.ts';
import { hasConditions } from './conditions.ts';
import type { RequestDirectives } from './directives.ts';
import { failures, type KeptReplies, type Lookup, type Sent } from './kept-replies.ts';
import type { StoreKey } from './memory-store.ts';
import { combined, isWhole, type Part, partFields, partOf, strongTagOf, wholeFields } from './parts.ts';
import { type StoredReply, withStatus } from './stored-reply.ts';

/** What it needs of its cache. */
export interface PartialContentDependencies {
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly keys: CacheKeys;
  readonly kept: KeptReplies;
  readonly next: SendCall;
  report(call: Call, result: CacheResult, ageMs: number | undefined): void;
}

/** A part grows by another one up to this size, in bytes: each time all of it is copied. */
const mostGrown = 4 * 1024 * 1024;

/**
 * Stores one part of each resource, answers calls for parts from it, or from a reply that is stored whole, and asks for the rest of a part only. Parts are
 * used while they are fresh, and combined where they are surely of one version. RFC 9111 §3.3 and §3.4.
 *
 * Scope: upstream.
 */
export class PartialContent {
  readonly #dependencies: PartialContentDependencies;
  /** Most upstreams have no parts: their calls look for none. */
  #hasParts = false;

  constructor(dependencies: PartialContentDependencies) {
    this.#dependencies = dependencies;
  }

  /** Answers a call for a part from what is stored, or asks for it; undefined where the cache has no part in that call. */
  send(call: Call, asked: RequestDirectives): Promise<Reply> | undefined {
    const { range, ...headers } = call.headers;
    if (range === undefined || call.method !== 'GET' || hasConditions(headers)) return undefined;
    const key = this.#dependencies.keys.of({ ...call, headers });
    if (key === undefined) return undefined;
    const part = this.#stored(key, call, asked, range) ?? this.#stored(partKey(key), call, asked, range);
    if (part) return Promise.resolve(part);
    if (asked.onlyIfCached || call.replyAs !== 'bytes' || !isSingleRange(range)) return undefined;
    return this.#fetch({ call, key, asked, stored: this.#dependencies.kept.find(key, call) });
  }

  /**
   * Asks for the rest of what is stored in part. Undefined where there is no such part, or where the rest is of another version: then all of it is to
   * be asked for.
   */
  fetchRest(lookup: Lookup, sent: Sent): Promise<Reply | undefined> | undefined {
    const begun = this.#hasParts ? this.#beginning(lookup) : undefined;
    return begun && this.#complete(begun, lookup, sent);
  }

  /** Removes the part where a reply to GET shows that there is a newer one. */
  supersede({ call, key }: Lookup, { status }: Reply): void {
    if (!this.#hasParts || failures.has(status) || status === 304) return;
    this.#dependencies.kept.remove(partKey(key), call.headers);
  }

  /** Removes the part where a reply to HEAD describes another version. RFC 9111 §4.3.5. */
  describe({ call, key }: Lookup, { status, headers }: Reply): void {
    const part = this.#part(key, call);
    if (!part || status >= 500 || status === 304) return;
    const length = headers['content-length'];
    const isOther = status !== 200 || headers.etag !== part.headers.etag;
    if (isOther || (length !== undefined && length !== String(part.range.total))) {
      this.#dependencies.kept.remove(partKey(key), call.headers);
    }
  }

  async #complete(begun: Part, lookup: Lookup, sent: Sent): Promise<Reply | undefined> {
    const { call, key } = lookup;
    const { next, kept } = this.#dependencies;
    const rest = { range: `bytes=${begun.range.end + 1}-`, 'if-range': String(begun.headers.etag) };
    const reply = await next({ ...call, headers: { ...call.headers, ...rest } });
    if (failures.has(reply.status)) return reply;
    if (reply.status !== 206 && reply.status !== 416) {
      this.supersede(lookup, reply);
      return kept.keep(lookup, reply, sent);
    }
    const received = reply.origin.redirected ? undefined : partOf(reply);
    const all = received && combined(begun, received);
    kept.remove(partKey(key), call.headers);
    if (!all || !isWhole(all)) return undefined;
    const whole = wholeReply(all, reply);
    // Its fields have those of the part, which may allow what this reply does not.
    return kept.mayStorePart(call, reply) ? kept.keep(lookup, whole, sent, 'partial') : whole;
  }

  #stored(key: StoreKey, call: Call, asked: RequestDirectives, range: string): Reply | undefined {
    const { kept, clock, report } = this.#dependencies;
    const stored = kept.find(key, call);
    const nowMs = clock.now();
    if (stored?.usability(asked, nowMs) !== 'fresh') return undefined;
    const ttl = Math.floor(stored.freshForMs(nowMs) / 1000);
    const part = stored.part(call.label, nowMs, `parley; hit; ttl=${ttl}`, range);
    if (part) report(call, 'hit', stored.ageMs(nowMs));
    return part;
  }

  async #fetch(lookup: Lookup): Promise<Reply> {
    const { kept, next, report } = this.#dependencies;
    const sent = kept.sent(lookup.call);
    let reply: Reply;
    try {
      reply = await next(lookup.call);
    } finally {
      report(lookup.call, 'miss', undefined);
    }
    if (failures.has(reply.status) || reply.origin.redirected) return reply;
    if (reply.status !== 200) return this.#keep(lookup, reply, sent);
    this.supersede(lookup, reply); // the service knows no parts, and sent all of it
    return kept.keep(lookup, reply, sent);
  }

  /** Stores a part, together with the one that is stored where both are of one version. */
  #keep(lookup: Lookup, reply: Reply, sent: Sent): Reply {
    const { call, key, stored: whole } = lookup;
    const { kept } = this.#dependencies;
    const [before, received] = [this.#part(key, call), partOf(reply)];
    kept.remove(partKey(key), call.headers); // whatever came, it is newer
    if (!received) return reply;
    if (whole && !isSameVersion(whole, received)) kept.remove(key, call.headers);
    // Before it is combined: the fields of an earlier part may allow what this reply does not.
    if (!kept.mayStorePart(call, reply)) return reply;
    const because = before || whole ? 'partial' : kept.whyForwarded(lookup);
    const isSmall = (before?.bytes.length ?? 0) + received.bytes.length <= mostGrown;
    const part = (before && isSmall && combined(before, received)) || received;
    if (isWhole(part)) {
      kept.keep({ ...lookup, stored: undefined }, wholeReply(part, reply), sent, because);
      return reply;
    }
    const { status, headers, body, origin } = reply;
    const fields = partFields(part.headers, part.range);
    if (!kept.putPart(partKey(key), call, new Reply(status, fields, part.bytes, origin), sent)) return reply;
    this.#hasParts = true;
    const line = withStatus(headers['cache-status'], `parley; fwd=${because}; stored`);
    return new Reply(status, { ...headers, 'cache-status': line }, body, origin);
  }

  #part(key: StoreKey, call: Call): Part | undefined {
    const stored = this.#hasParts ? this.#dependencies.kept.find(partKey(key), call) : undefined;
    return stored && partOf(stored.content);
  }

  /** What is stored of the beginning of a resource, where the rest may be asked for alone. */
  #beginning({ call, key }: Lookup): Part | undefined {
    const { isShared, keys } = this.#dependencies;
    // What belongs to somebody is not completed by what is for everybody.
    if (hasConditions(call.headers) || (isShared && keys.storedFor(call).hasCredentials)) return undefined;
    const part = this.#part(key, call);
    return part?.range.start === 0 && strongTagOf(part.headers) !== undefined ? part : undefined;
  }
}

/** The key of the parts of a resource, which no call has. */
function partKey({ path, text }: StoreKey): StoreKey {
  const prefix = pathPrefix(path);
  return { path, text: `${prefix}p${text.slice(prefix.length)}` };
}

function isSameVersion({ etag }: StoredReply, { headers }: Part): boolean {
  return etag !== undefined && typeof headers.etag === 'string' && isSameTag(etag, headers.etag);
}

function wholeReply(part: Part, { origin }: Reply): Reply {
  return new Reply(200, wholeFields(part), part.bytes, origin);
}
