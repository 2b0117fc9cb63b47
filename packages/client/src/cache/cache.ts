import { Readable } from 'node:stream';
import { type CacheResult, CallError, problemMediaType, problemOf } from '@parley/contract';
import { deadline } from '../call/deadline.ts';
import { SharedFlights } from '../call/shared-flights.ts';
import { type Call, type CallLayer, type SendCall, TriedEndpoints } from '../layer.ts';
import type { CacheSettings } from '../options/cache-options.ts';
import { StoryRecorder } from '../story/story-recorder.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { Cancellation } from '../time/cancel-signal.ts';
import type { Clock } from '../time/clock.ts';
import { Reply } from '../transport/reply.ts';
import { isUnchanged } from './conditions.ts';
import { Credentials } from './credentials.ts';
import { type RequestDirectives, requestDirectives } from './directives.ts';
import { isWrite, type Outdated, outdatedByFailure, outdatedByReply } from './invalidation.ts';
import { InvalidationLog, type Sequence } from './invalidation-log.ts';
import { LRUCache } from './lru.ts';
import { MemoryStore, type StoreKey } from './memory-store.ts';
import { isStorable } from './storable.ts';
import { storedFields } from './stored-fields.ts';
import { ownBody, StoredReply, withStatus } from './stored-reply.ts';
import { type Selection, selectionOf } from './vary.ts';

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

/** How one call finds its way. */
interface Lookup {
  readonly call: Call;
  readonly key: StoreKey;
  readonly asked: RequestDirectives;
  readonly stored: StoredReply | undefined;
}

/** What a request brought. */
interface Fetched {
  readonly reply: Reply;
  readonly result: CacheResult;
  readonly ageMs: number | undefined;
}

/** When a request was sent. */
interface Sent {
  readonly requestMs: number;
  readonly sequence: Sequence;
}

const failures = new Set([500, 502, 503, 504]);
class ClientCache {
  readonly #settings: CacheSettings;
  readonly #dependencies: CacheDependencies;
  readonly #next: SendCall;
  readonly #credentials: Credentials;
  readonly #store: MemoryStore;
  readonly #flights = new SharedFlights();
  readonly #invalidations = new InvalidationLog();
  /** Keys whose latest reply was not stored: identical calls need not wait for each other there. */
  readonly #unstored = new LRUCache<string, true>({
    max: 1000,
    maxSize: 1024 * 1024,
    sizeCalculation: (_, key) => key.length,
  });

  constructor(settings: CacheSettings, dependencies: CacheDependencies, next: SendCall) {
    this.#settings = settings;
    this.#dependencies = dependencies;
    this.#next = next;
    this.#credentials = new Credentials(settings.credentials);
    this.#store = new MemoryStore(settings);
  }

  /** Not async: a call that the cache has no part in costs no promise of its own. */
  send(call: Call): Promise<Reply> {
    if (isWrite(call.method)) return this.#write(call);
    const { headers } = call;
    const asked = requestDirectives(headers['cache-control'], headers.pragma);
    const key = asked.noStore || !this.#isForCache(call) ? undefined : this.#keyOf(call);
    if (key === undefined) {
      const part = headers.range !== undefined && !asked.noStore ? this.#part(call, asked, headers.range) : undefined;
      if (part) return Promise.resolve(part);
      if (asked.onlyIfCached) return this.#refuse(call);
      this.#report(call, 'bypass', undefined);
      return this.#next(call);
    }
    const stored = this.#store.find(key.text, headers);
    return stored === undefined ? this.#miss(call, key, asked) : this.#found({ call, key, asked, stored });
  }

  #found(lookup: Lookup & { readonly stored: StoredReply }): Promise<Reply> {
    const { call, asked, stored } = lookup;
    const usability = stored.usability(asked, this.#dependencies.clock.now());
    if (usability === 'unusable') {
      return asked.onlyIfCached ? this.#refuse(call) : this.#forwardInTime(lookup);
    }
    if (usability === 'revalidate-behind' && !asked.onlyIfCached) this.#revalidateBehind(lookup);
    return Promise.resolve(this.#answer(call, stored, usability === 'fresh' ? 'hit' : 'stale'));
  }

  /** Part of a reply that is stored whole, and fresh. */
  #part(call: Call, asked: RequestDirectives, range: string): Reply | undefined {
    const { range: _range, ...others } = call.headers;
    const whole = { ...call, headers: others };
    const key = call.method === 'GET' && this.#isForCache(whole) ? this.#keyOf(whole) : undefined;
    if (key === undefined) return undefined;
    const nowMs = this.#dependencies.clock.now();
    const stored = this.#store.find(key.text, others);
    if (stored?.usability(asked, nowMs) !== 'fresh' || hasConditions(call)) return undefined;
    const part = stored.part(call.label, nowMs, `parley; hit; ttl=${ttlOf(stored, nowMs)}`, range);
    if (part) this.#report(call, 'hit', stored.ageMs(nowMs));
    return part;
  }

  #miss(call: Call, key: StoreKey, asked: RequestDirectives): Promise<Reply> {
    if (asked.onlyIfCached) return this.#refuse(call);
    const lookup = { call, key, asked, stored: undefined };
    if (call.method === 'HEAD') return this.#head(lookup);
    if (this.#unstored.has(key.text)) return this.#fetchFirst(lookup);
    return this.#forward(lookup);
  }

  /** Asks the service; where the stored reply may stand in, it does so just before the call's own time is up: a service that hangs fails too. */
  async #forwardInTime(lookup: Lookup): Promise<Reply> {
    const { call, asked, stored } = lookup;
    const { clock } = this.#dependencies;
    const leftMs = call.deadlineMs - clock.now();
    const { staleIfUnreachableS } = this.#settings;
    const hasStandIn = stored?.mayReplaceError(asked, clock.now(), staleIfUnreachableS) ?? false;
    if (!hasStandIn || leftMs === Number.POSITIVE_INFINITY || call.signal?.aborted) return this.#forward(lookup);
    const { signal, label } = call;
    const narrowed = new Cancellation();
    const late = () => narrowed.abort(new CallError('deadline_exceeded', 'not answered in time', { operation: label }));
    const leave = () => narrowed.abort(signal?.reason);
    const disarm = clock.after(leftMs - Math.min(leftMs / 10, 20), late);
    signal?.addEventListener('abort', leave);
    try {
      return await this.#forward({ ...lookup, call: { ...call, signal: narrowed } });
    } finally {
      disarm();
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Asks the service, once for all identical calls that wait. */
  async #forward(lookup: Lookup): Promise<Reply> {
    const { call, key } = lookup;
    if (call.method === 'HEAD') return this.#head(lookup);
    const led: { fetched?: Fetched } = {};
    const lead = async (own: Call) => {
      led.fetched = await this.#fetch({ ...lookup, call: own });
      return led.fetched.reply;
    };
    let reply: Reply;
    try {
      reply = await this.#flights.share(flightKey(key, call), lead, call);
    } catch (error) {
      return this.#insteadOf(error, lookup);
    }
    const standIn = failures.has(reply.status) ? this.#standIn(lookup, `fwd-status=${reply.status}`) : undefined;
    if (standIn) return standIn;
    // Where its own request ran out of time it may have joined another one since.
    if (led.fetched?.reply === reply) return this.#finish(lookup, led.fetched);
    // It joined another call's request, whose reply may be for that call alone.
    const stored = this.#store.find(key.text, call.headers);
    const isUsable = stored?.usability(lookup.asked, this.#dependencies.clock.now()) === 'fresh';
    return isUsable && stored ? this.#answer(call, stored, 'hit', 'collapsed') : this.#alone({ ...lookup, stored });
  }

  /** Asks the service for this call alone. */
  async #alone(lookup: Lookup): Promise<Reply> {
    let fetched: Fetched;
    try {
      fetched = await this.#fetch(lookup);
    } catch (error) {
      return this.#insteadOf(error, lookup);
    }
    const { status } = fetched.reply;
    const standIn = failures.has(status) ? this.#standIn(lookup, `fwd-status=${status}`) : undefined;
    return standIn ?? this.#finish(lookup, fetched);
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

  #standIn({ call, asked, stored }: Lookup, detail: string, besidesS = 0): Reply | undefined {
    if (!stored?.mayReplaceError(asked, this.#dependencies.clock.now(), besidesS)) return undefined;
    return this.#answer(call, stored, 'stale', `detail="${detail}"`);
  }

  /** Sends one request where nothing is stored that could be confirmed, or stand in. This is the way of all calls whose replies are never stored. */
  async #fetchFirst(lookup: Lookup): Promise<Reply> {
    const sent = this.#sent;
    let reply: Reply;
    try {
      reply = await this.#next(lookup.call);
    } finally {
      this.#report(lookup.call, 'miss', undefined);
    }
    return this.#keep(lookup, reply, sent);
  }

  /** Sends one request, with the conditions of the stored reply, and stores what comes. */
  async #fetch(lookup: Lookup): Promise<Fetched> {
    const { call, key, stored } = lookup;
    const conditions = stored?.conditions;
    const sent = this.#sent;
    const asking = conditions ? { ...call, headers: { ...withoutConditions(call), ...conditions } } : call;
    const reply = await this.#next(asking);
    if (stored && conditions && reply.status === 304) {
      const exchanged = { requestMs: sent.requestMs, replyMs: this.#dependencies.clock.now() };
      const selection = selectionAfter(stored, reply, call);
      const confirmed = stored.confirmed(reply, exchanged, selection);
      if (confirmed) return this.#keepConfirmed(lookup, confirmed, sent, selection !== undefined);
      // It confirms a reply that is not here: nobody can use it (RFC 9111 §4.3.3).
      this.#store.remove(key, call.headers);
      return this.#fetch({ ...lookup, call: { ...call, headers: withoutConditions(call) }, stored: undefined });
    }
    return { reply: this.#keep(lookup, reply, sent), result: 'miss', ageMs: undefined };
  }

  #keepConfirmed({ call, key }: Lookup, confirmed: StoredReply, { sequence }: Sent, isSelectable: boolean): Fetched {
    const nowMs = this.#dependencies.clock.now();
    const status = 'parley; fwd=stale; fwd-status=304';
    const renewed = confirmed.reply(call.label, nowMs, status);
    const isOutdated = this.#invalidations.isOutdated(key.path, confirmed.groups, sequence);
    const isKept = isSelectable && !isOutdated && isStorable(renewed, this.#storedFor(call));
    if (isKept) this.#store.put(key, confirmed, call.headers);
    else this.#store.remove(key, call.headers);
    const reply = isNotModified(call, confirmed) ? confirmed.head(call.label, nowMs, status, 304) : renewed;
    return { reply, result: 'revalidated', ageMs: confirmed.ageMs(nowMs) };
  }

  /** Stores a reply where that is allowed and of use. The reply as its caller gets it. */
  #keep({ call, key, asked, stored }: Lookup, reply: Reply, sent: Sent): Reply {
    if (reply.status === 304) return reply; // the caller's own condition: it says nothing of what is stored
    if (failures.has(reply.status) && stored?.mayReplaceError(asked, this.#dependencies.clock.now(), 0)) return reply;
    const made = isStorable(reply, this.#storedFor(call)) ? this.#storedOf(call, reply, sent) : undefined;
    const isOutdated = made !== undefined && this.#invalidations.isOutdated(key.path, made.groups, sent.sequence);
    if (!made || isOutdated || !this.#store.put(key, made, call.headers)) {
      // Its successor came, which may not be stored. A failure says nothing of the stored one.
      if (stored && !failures.has(reply.status)) this.#store.remove(key, call.headers);
      if (!isOutdated && !this.#unstored.has(key.text)) this.#unstored.set(key.text, true);
      return reply;
    }
    this.#unstored.delete(key.text);
    const { status, headers, body, origin } = reply;
    const line = withStatus(headers['cache-status'], `parley; fwd=${stored ? 'stale' : 'uri-miss'}; stored`);
    return new Reply(status, { ...headers, 'cache-status': line }, body, origin);
  }

  #storedOf(call: Call, reply: Reply, { requestMs }: Sent): StoredReply | undefined {
    const { status, origin } = reply;
    const body = ownBody(reply.body);
    const headers = storedFields(reply.headers);
    const selection = selectionOf(reply.headers.vary, call.headers);
    if (body === undefined || selection === undefined) return undefined;
    const isShared = this.#settings.shared;
    const { endpoint } = origin;
    const replyMs = this.#dependencies.clock.now();
    const made = new StoredReply({ status, headers, body, selection, endpoint, isShared, requestMs, replyMs });
    return made.isOfUse ? made : undefined;
  }

  async #head(lookup: Lookup): Promise<Reply> {
    const { call, key, stored } = lookup;
    const { requestMs, sequence } = this.#sent;
    let reply: Reply;
    try {
      reply = await this.#next(call);
    } catch (error) {
      return this.#insteadOf(error, lookup);
    }
    const { status } = reply;
    const standIn = failures.has(status) ? this.#standIn(lookup, `fwd-status=${status}`) : undefined;
    if (standIn) return standIn;
    this.#report(call, 'miss', undefined);
    if (!stored || status >= 500 || status === 304) return reply;
    if (this.#invalidations.isOutdated(key.path, stored.groups, sequence)) return reply;
    const selection = selectionAfter(stored, reply, call);
    const described = stored.described(reply, { requestMs, replyMs: this.#dependencies.clock.now() }, selection);
    if (described && selection && isStorable(reply, this.#storedFor(call)))
      this.#store.put(key, described, call.headers);
    else this.#store.remove(key, call.headers);
    return reply;
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
    const behind = { ...call, ...renewed, method: 'GET', headers: withoutConditions(call) };
    // The layer that bounds calls is above: without a deadline of its own, a request that hangs would keep all others from asking.
    const lead = deadline(clock)(async (own: Call) => (await this.#fetch({ ...lookup, call: own })).reply);
    this.#flights.share(flight, lead, behind).catch(() => {}); // the next caller asks again
  }

  async #write(call: Call): Promise<Reply> {
    try {
      const reply = await this.#next(call);
      this.#invalidate(outdatedByReply(call, reply));
      return reply;
    } catch (error) {
      this.#invalidate(outdatedByFailure(call, error));
      throw error;
    }
  }

  #invalidate(outdated: Outdated | undefined): void {
    if (!outdated) return;
    for (const path of outdated.paths) {
      this.#invalidations.addPath(path);
      this.#store.invalidatePath(path);
      this.#flights.detach(pathPrefix(path)); // a caller that comes now must see the write
    }
    for (const group of outdated.groups) {
      this.#invalidations.addGroup(group);
      this.#store.invalidateGroup(group);
    }
  }

  #answer(call: Call, stored: StoredReply, result: CacheResult, note?: string): Reply {
    const nowMs = this.#dependencies.clock.now();
    const ageMs = stored.ageMs(nowMs);
    this.#report(call, result, ageMs);
    const ttl = ttlOf(stored, nowMs);
    const status = note === undefined ? `parley; hit; ttl=${ttl}` : `parley; hit; ttl=${ttl}; ${note}`;
    const { method, label } = call;
    if (isNotModified(call, stored)) return stored.head(label, nowMs, status, 304);
    return method === 'HEAD' ? stored.head(label, nowMs, status) : stored.reply(label, nowMs, status);
  }

  /** RFC 9111 §5.2.1.7. */
  #refuse(call: Call): Promise<Reply> {
    this.#report(call, 'miss', undefined);
    const error = new CallError('not_cached', 'the cache has no reply that fits (only-if-cached)', {
      operation: call.label,
    });
    const problem = problemOf(error, undefined, undefined);
    const headers = { 'content-type': problemMediaType, 'cache-status': 'parley; detail="only-if-cached"' };
    const text = JSON.stringify(problem);
    const bytes = Buffer.from(call.method === 'HEAD' ? '' : text);
    // Nobody may read the stream: its error must not end the process.
    const stream = () => Readable.from([bytes]).on('error', () => {});
    const body = call.replyAs === 'stream' ? stream() : call.replyAs === 'bytes' ? bytes : String(bytes);
    return Promise.resolve(new Reply(problem.status, headers, body, { operation: call.label, attempts: 0 }));
  }

  #report(call: Call, result: CacheResult, ageMs: number | undefined): void {
    const { telemetry, upstream } = this.#dependencies;
    if (result === 'stale' || call.story.isTelling) call.story.add({ kind: 'cache', result, ageMs });
    if (telemetry.hasListeners) telemetry.emit('onCache', { upstream, operation: call.label, result });
  }

  #isForCache({ method, headers, body, replyAs, wire }: Call): boolean {
    if ((method !== 'GET' && method !== 'HEAD') || body !== undefined || replyAs === 'stream') return false;
    if (wire !== undefined && Object.keys(wire).some((name) => name !== 'maxRedirects')) return false;
    // Conditions that only the service can judge, and parts of a resource.
    if (headers.range !== undefined || headers['if-match'] !== undefined) return false;
    if (headers['if-unmodified-since'] !== undefined || headers['if-range'] !== undefined) return false;
    return !this.#dependencies.hasUserCode();
  }

  /**
   * Text and bytes are apart, and so are calls that follow redirects, and hosts: they would get another reply. Undefined where it cannot
   * tell who asks.
   */
  #keyOf({ path, replyAs, wire, headers }: Call): StoreKey | undefined {
    const credentials = this.#credentials.of(headers);
    if (credentials === undefined) return undefined;
    const form = (replyAs === 'text' ? 't' : 'b') + (wire?.maxRedirects ? 'f' : '');
    const host = headers.host === undefined ? '' : `@${headers.host}\n`;
    const caller = this.#settings.shared ? '' : credentials;
    return { path, text: pathPrefix(path) + form + host + caller };
  }

  #storedFor({ headers }: Call) {
    const { shared } = this.#settings;
    return { hasCredentials: this.#credentials.of(headers) !== '', isShared: shared };
  }

  get #sent(): Sent {
    return { requestMs: this.#dependencies.clock.now(), sequence: this.#invalidations.now };
  }
}

/** No path holds the line break. */
function pathPrefix(path: string): string {
  return `${path}\n`;
}

/** What the stored reply is chosen by after a 304, or a reply to HEAD, which may have a `Vary` of its own; undefined for `Vary: *`. */
function selectionAfter({ selection }: StoredReply, { headers }: Reply, call: Call): Selection | undefined {
  return headers.vary === undefined ? selection : selectionOf(headers.vary, call.headers);
}

/** Calls that may be sent differently often, or wait differently long for a place, have requests of their own. */
function flightKey({ text }: StoreKey, { maxAttempts, hedge, context: { priority, attemptsLeft } }: Call): string {
  const isTriedOnce = attemptsLeft?.count === 0;
  return maxAttempts === undefined && hedge === undefined && priority === undefined && !isTriedOnce
    ? text
    : `${text}\n${maxAttempts}/${hedge}/${priority}/${isTriedOnce}`;
}

function hasConditions({ headers }: Call): boolean {
  return headers['if-none-match'] !== undefined || headers['if-modified-since'] !== undefined;
}

/** For how many seconds it is fresh; negative: since when it is not. */
function ttlOf(stored: StoredReply, nowMs: number): number {
  return Math.floor(stored.freshForMs(nowMs) / 1000);
}

/** Whether the caller has what is stored. Conditions count for a success only (RFC 9110 §13.2.1). */
function isNotModified(call: Call, stored: StoredReply): boolean {
  if (!hasConditions(call) || stored.status >= 300) return false;
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = call.headers;
  return isUnchanged({ ifNoneMatch, ifModifiedSince }, stored, stored.madeMs);
}

function withoutConditions({ headers }: Call): Readonly<Record<string, string>> {
  const { 'if-none-match': _tag, 'if-modified-since': _time, ...others } = headers;
  return others;
}
