import { type CacheResult, CallError } from '@parley/contract';
import { deadline } from '../call/deadline.ts';
import { SharedFlights } from '../call/shared-flights.ts';
import { type Call, type CallLayer, type SendCall, TriedEndpoints } from '../layer.ts';
import type { CacheSettings } from '../options/cache-options.ts';
import { StoryRecorder } from '../story/story-recorder.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Clock } from '../time/clock.ts';
import { timeLimit } from '../time/time-limit.ts';
import { isSafe } from '../transport/method-safety.ts';
import type { Reply } from '../transport/reply.ts';
import { CacheKeys, flightKey, pathPrefix } from './cache-keys.ts';
import { hasConditions, isUnchanged, withoutConditions } from './conditions.ts';
import { type RequestDirectives, requestDirectives } from './directives.ts';
import { type Outdated, outdatedByFailure, outdatedByReply } from './invalidation.ts';
import { failures, KeptReplies, type Lookup, type Sent } from './kept-replies.ts';
import { notCached } from './not-cached.ts';
import { PartialContent } from './partial-content.ts';
import { PostedReplies } from './posted-replies.ts';
import type { StoredReply } from './stored-reply.ts';

/** What the cache needs of its upstream. */
export interface CacheDependencies {
  readonly upstream: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Time for a request in the background, in ms. */
  readonly callTimeoutMs: () => number;
  /** Attempt layers or interceptors of the user run below: they may tell callers apart that look the same here. */
  readonly hasUserCode: () => boolean;
}

/**
 * Answers reading calls with stored replies, as RFC 9111 allows: fresh ones at once, stale ones once their service has confirmed them, or as
 * `stale-while-revalidate` and `stale-if-error` say (RFC 5861). Identical calls that need the service share one request. Writes
 * invalidate what they change, cache groups too (RFC 9875).
 *
 * Replies are stored only where they were read whole. In a private cache each caller, by its credentials, has replies of its own; a shared one
 * stores no reply that is somebody's.
 *
 * Why not `http-cache-semantics` (4.3.0): it takes `private=""` for public and ignores `No-Store`, splits quoted values at commas,
 * never uses a fresh reply with `must-revalidate`, adds no field of a 304, rewrites `Date`, takes any time zone in `Expires`, stores no
 * 5xx, and lacks `must-understand`, groups and `Cache-Status`.
 *
 * Scope: upstream.
 *
 * @param settings none: there is no cache, and the layer is not there
 */
export function cache(settings: CacheSettings | undefined, dependencies: CacheDependencies): CallLayer {
  if (!settings) return (next) => next;
  return (next) => {
    const own = new ClientCache(settings, dependencies, next);
    return function cache(call) {
      return own.send(call);
    };
  };
}

/** What a request brought. */
interface Fetched {
  readonly reply: Reply;
  readonly result: CacheResult;
  readonly ageMs: number | undefined;
}

class ClientCache {
  readonly #settings: CacheSettings;
  readonly #dependencies: CacheDependencies;
  readonly #next: SendCall;
  readonly #keys: CacheKeys;
  readonly #kept: KeptReplies;
  readonly #parts: PartialContent;
  readonly #posted: PostedReplies;
  readonly #flights = new SharedFlights();

  constructor(settings: CacheSettings, dependencies: CacheDependencies, next: SendCall) {
    this.#settings = settings;
    this.#dependencies = dependencies;
    this.#next = next;
    this.#keys = new CacheKeys(settings, dependencies.hasUserCode);
    this.#kept = new KeptReplies(settings, dependencies.clock, this.#keys);
    const { shared: isShared, maxEntryBytes } = settings;
    const own = { isShared, keys: this.#keys, kept: this.#kept };
    this.#posted = new PostedReplies({ ...own, maxEntryBytes });
    this.#parts = new PartialContent({
      ...{ ...own, clock: dependencies.clock, next },
      report: (call, result, ageMs) => this.#report(call, result, ageMs),
    });
  }

  /** Not async: a call that the cache has no part in costs no promise of its own. */
  send(call: Call): Promise<Reply> {
    if (!isSafe(call.method)) return this.#write(call);
    const { headers } = call;
    const asked = requestDirectives(headers['cache-control'], headers.pragma);
    const key = asked.noStore ? undefined : this.#keys.of(call);
    if (key === undefined) return this.#passBy(call, asked);
    const stored = this.#kept.find(key, call);
    if (stored) return this.#found({ call, key, asked, stored });
    if (asked.onlyIfCached) return this.#refuse(call);
    const lookup = { call, key, asked, stored };
    return call.method === 'GET' && this.#kept.isUnstored(key) ? this.#fetchFirst(lookup) : this.#forward(lookup);
  }

  #passBy(call: Call, asked: RequestDirectives): Promise<Reply> {
    const ranged = asked.noStore ? undefined : this.#parts.send(call, asked);
    if (ranged) return ranged;
    if (asked.onlyIfCached) return this.#refuse(call);
    this.#report(call, 'bypass', undefined);
    return this.#next(call);
  }

  #found(lookup: Lookup & { readonly stored: StoredReply }): Promise<Reply> {
    const { call, asked, stored } = lookup;
    const usability = stored.usability(asked, this.#now);
    if (usability === 'unusable') return asked.onlyIfCached ? this.#refuse(call) : this.#forward(lookup);
    if (usability === 'revalidate-behind' && !asked.onlyIfCached) this.#revalidateBehind(lookup);
    return Promise.resolve(this.#answer(call, stored, usability === 'fresh' ? 'hit' : 'stale'));
  }

  /** Asks the service, once for all identical calls that wait. */
  async #forward(lookup: Lookup): Promise<Reply> {
    const { call, key, asked } = lookup;
    if (call.method === 'HEAD') return this.#head(lookup);
    const led: { fetched?: Fetched } = {};
    const lead = async (own: Call) => {
      led.fetched = await this.#fetch({ ...lookup, call: own });
      return led.fetched.reply;
    };
    let reply: Reply;
    try {
      reply = await this.#inTime(lookup, (own) => this.#flights.share(flightKey(key, call), lead, own));
    } catch (error) {
      return this.#insteadOf(error, lookup);
    }
    const standIn = this.#insteadOfFailure(reply, lookup);
    if (standIn) return standIn;
    // Where its own request ran out of time it may have joined another one since.
    if (led.fetched?.reply === reply) return this.#finish(lookup, led.fetched);
    // It joined another call's request, whose reply may be for that call alone.
    const stored = this.#kept.find(key, call);
    const isUsable = stored?.usability(asked, this.#now) === 'fresh';
    return isUsable && stored ? this.#answer(call, stored, 'hit', 'collapsed') : this.#alone({ ...lookup, stored });
  }

  /** Asks the service for this call alone. */
  async #alone(lookup: Lookup): Promise<Reply> {
    let fetched: Fetched;
    try {
      fetched = await this.#inTime(lookup, (call) => this.#fetch({ ...lookup, call }));
    } catch (error) {
      return this.#insteadOf(error, lookup);
    }
    return this.#insteadOfFailure(fetched.reply, lookup) ?? this.#finish(lookup, fetched);
  }

  async #head(lookup: Lookup): Promise<Reply> {
    const { call } = lookup;
    const sent = this.#kept.sent(call);
    let reply: Reply;
    try {
      reply = await this.#inTime(lookup, this.#next);
    } catch (error) {
      return this.#insteadOf(error, lookup);
    }
    const standIn = this.#insteadOfFailure(reply, lookup);
    if (standIn) return standIn;
    this.#report(call, 'miss', undefined);
    this.#kept.describe(lookup, reply, sent);
    this.#parts.describe(lookup, reply);
    return reply;
  }

  /** Where the stored reply may stand in, it does so just before the call's own time is up: a service that hangs fails too. */
  #inTime<T>({ call, asked, stored }: Lookup, ask: (call: Call) => Promise<T>): Promise<T> {
    const { clock } = this.#dependencies;
    const { label: operation, signal, deadlineMs } = call;
    const leftMs = deadlineMs - clock.now();
    const hasStandIn = stored?.mayReplaceError(asked, clock.now(), this.#settings.staleIfUnreachableS) ?? false;
    if (!hasStandIn || leftMs === Number.POSITIVE_INFINITY) return ask(call);
    const ms = leftMs - Math.min(leftMs / 10, 20);
    const onTimeout = () => new CallError('deadline_exceeded', `not answered in ${Math.round(ms)} ms`, { operation });
    const limit = { clock, ms, signal, onTimeout, operation };
    // The last attempt ends by this deadline, just before the limit: an endpoint that hangs is to blame, not its caller.
    return timeLimit(limit, (narrowed) => ask({ ...call, signal: narrowed, deadlineMs: clock.now() + ms }));
  }

  #finish({ call }: Lookup, { reply, result, ageMs }: Fetched): Reply {
    this.#report(call, result, ageMs);
    return reply;
  }

  /** @throws the error, where no stored reply may stand in for it */
  #insteadOf(error: unknown, lookup: Lookup): Reply {
    const isFailure = error instanceof CallError && error.code !== 'cancelled';
    const { staleIfUnreachableS } = this.#settings;
    const standIn = isFailure ? this.#standIn(lookup, 'stale-if-error', staleIfUnreachableS) : undefined;
    if (standIn) return standIn;
    this.#report(lookup.call, 'miss', undefined);
    throw error;
  }

  #insteadOfFailure({ status }: Reply, lookup: Lookup): Reply | undefined {
    return failures.has(status) ? this.#standIn(lookup, `fwd-status=${status}`) : undefined;
  }

  #standIn({ call, asked, stored }: Lookup, detail: string, besidesS = 0): Reply | undefined {
    if (!stored?.mayReplaceError(asked, this.#now, besidesS)) return undefined;
    return this.#answer(call, stored, 'stale', `detail="${detail}"`);
  }

  /** Sends one request where nothing is stored that could be confirmed, or stand in. This is the way of all calls whose replies are never stored. */
  async #fetchFirst(lookup: Lookup): Promise<Reply> {
    const sent = this.#kept.sent(lookup.call);
    let reply: Reply;
    try {
      reply = await this.#next(lookup.call);
    } finally {
      this.#report(lookup.call, 'miss', undefined);
    }
    return this.#keep(lookup, reply, sent);
  }

  #keep(lookup: Lookup, reply: Reply, sent: Sent): Reply {
    this.#parts.supersede(lookup, reply);
    return this.#kept.keep(lookup, reply, sent);
  }

  /** Sends one request, with the conditions of the stored reply, and stores what comes. */
  async #fetch(lookup: Lookup): Promise<Fetched> {
    const { call, key, stored } = lookup;
    const conditions = stored?.conditions;
    const sent = this.#kept.sent(call);
    const asking = stored ? undefined : this.#parts.fetchRest(lookup, sent);
    const completed = asking && (await asking);
    if (completed) return { reply: completed, result: 'miss', ageMs: undefined };
    const headers = conditions ? { ...withoutConditions(call.headers), ...conditions } : call.headers;
    const reply = await this.#next(conditions ? { ...call, headers } : call);
    if (!conditions || reply.status !== 304) {
      return { reply: this.#keep(lookup, reply, sent), result: 'miss', ageMs: undefined };
    }
    const because = this.#kept.whyForwarded(lookup);
    const confirmed = this.#kept.confirm(lookup, reply, sent);
    if (confirmed) return this.#revalidated(call, confirmed, because);
    // It confirms a reply that is not here: nobody can use it (RFC 9111 §4.3.3).
    this.#kept.remove(key, call.headers);
    return this.#fetch({ ...lookup, call: { ...call, headers: withoutConditions(call.headers) }, stored: undefined });
  }

  #revalidated(call: Call, confirmed: StoredReply, because: string): Fetched {
    const reply = replyFrom(confirmed, call, this.#now, `parley; fwd=${because}; fwd-status=304`);
    return { reply, result: 'revalidated', ageMs: confirmed.ageMs(this.#now) };
  }

  /** One request in the background, however many callers get the stale reply meanwhile. */
  #revalidateBehind(lookup: Lookup & { readonly stored: StoredReply }): void {
    const { call, key } = lookup;
    const flight = flightKey(key, call);
    if (this.#flights.has(flight)) return;
    const { clock, callTimeoutMs } = this.#dependencies;
    const story = new StoryRecorder();
    const [nowMs, deadlineMs] = [clock.now(), clock.now() + callTimeoutMs()];
    story.begin(clock, nowMs, deadlineMs);
    const {
      signal: _signal,
      deadlineMs: _deadlineMs,
      attemptsLeft: _left,
      timings: _timings,
      ...context
    } = call.context;
    const renewed = { context, deadlineMs, signal: undefined, tried: new TriedEndpoints(), story, spanId: undefined };
    const behind = { ...call, ...renewed, method: 'GET', headers: withoutConditions(call.headers) };
    // The layer that bounds calls is above: without a deadline of its own, a request that hangs would keep all others from asking.
    const lead = deadline(clock)(async (own: Call) => (await this.#fetch({ ...lookup, call: own })).reply);
    this.#flights.share(flight, lead, behind).catch(() => {}); // the next caller asks again
  }

  async #write(call: Call): Promise<Reply> {
    const sent = this.#kept.sent(call);
    try {
      const reply = await this.#next(call);
      this.#kept.note(reply);
      const posted = this.#posted.lookup(call, reply, sent);
      this.#invalidate(outdatedByReply(call, reply));
      if (!posted) return reply;
      return this.#posted.keep(posted, reply, { ...sent, sequence: this.#kept.sent(call).sequence });
    } catch (error) {
      this.#invalidate(outdatedByFailure(call, error));
      throw error;
    }
  }

  #invalidate(outdated: Outdated | undefined): void {
    if (!outdated) return;
    this.#kept.invalidate(outdated);
    for (const path of outdated.paths) this.#flights.detach(pathPrefix(path)); // a caller that comes now must see the write
  }

  #answer(call: Call, stored: StoredReply, result: CacheResult, note?: string): Reply {
    const nowMs = this.#now;
    this.#report(call, result, stored.ageMs(nowMs));
    const hit = `parley; hit; ttl=${ttlOf(stored, nowMs)}`;
    return replyFrom(stored, call, nowMs, note === undefined ? hit : `${hit}; ${note}`);
  }

  #refuse(call: Call): Promise<Reply> {
    this.#report(call, 'miss', undefined);
    return Promise.resolve(notCached(call));
  }

  #report(call: Call, result: CacheResult, ageMs: number | undefined): void {
    const { telemetry, upstream } = this.#dependencies;
    if (result === 'stale' || call.story.isTelling) call.story.add({ kind: 'cache', result, ageMs });
    if (telemetry.hasListeners) telemetry.emit('onCache', { upstream, operation: call.label, result });
  }

  get #now(): number {
    return this.#dependencies.clock.now();
  }
}

/** The stored reply as an answer to this call. */
function replyFrom(stored: StoredReply, call: Call, nowMs: number, cacheStatus: string): Reply {
  const { method, label } = call;
  if (isNotModified(call, stored)) return stored.head(label, nowMs, cacheStatus, 304);
  return method === 'HEAD' ? stored.head(label, nowMs, cacheStatus) : stored.reply(label, nowMs, cacheStatus);
}

/** For how many seconds it is fresh; negative: since when it is not. */
function ttlOf(stored: StoredReply, nowMs: number): number {
  return Math.floor(stored.freshForMs(nowMs) / 1000);
}

/** Whether the caller has what is stored. Conditions count for a success only (RFC 9110 §13.2.1). */
function isNotModified({ headers }: Call, stored: StoredReply): boolean {
  if (!hasConditions(headers) || stored.status >= 300) return false;
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = headers;
  return isUnchanged({ ifNoneMatch, ifModifiedSince }, stored, stored.madeMs);
}
