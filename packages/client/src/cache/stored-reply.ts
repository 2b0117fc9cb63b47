import type { Readable } from 'node:stream';
import { askedRange, isSameTag, MinVersions } from '@parley/contract';
import { Reply, type ReplyHeaders, type ReplyOrigin } from '../transport/reply.ts';
import { cacheGroups } from './cache-groups.ts';
import type { Validators } from './conditions.ts';
import { type ReplyDirectives, type RequestDirectives, replyDirectives } from './directives.ts';
import { type Exchanged, initialAgeMs, lifetimeMs, single } from './freshness.ts';
import { httpDate } from './http-date.ts';
import { covers } from './least-versions.ts';
import { type KnownRange, knownRange, partFields } from './parts.ts';
import { freshenedFields } from './stored-fields.ts';
import type { Selection } from './vary.ts';

/**
 * How a stored reply may be used: as it is, as it is while one request in the background renews it, or only after its service has
 * confirmed it.
 */
export type Usability = 'fresh' | 'stale' | 'revalidate-behind' | 'unusable';

const none = new MinVersions();

/** What a reply is stored with. */
export interface StoredParts extends Exchanged {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: string | Uint8Array;
  readonly selection: Selection;
  readonly endpoint: string | undefined;
  readonly isShared: boolean;
  /** The versions that it is not older than. Default: it may be from before any write. */
  readonly minVersions?: MinVersions | undefined;
}

/** One reply in the cache. It never changes: a 304 makes another one. */
export class StoredReply implements Validators {
  readonly status: number;
  readonly selection: Selection;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** Names of its cache groups (RFC 9875). */
  readonly groups: readonly string[];
  /** When it came, or was last confirmed. */
  readonly replyMs: number;
  /** When its service made it, as it says: to compare with `If-Modified-Since`, where it has no `Last-Modified`. */
  readonly madeMs: number;
  /** In bytes, about. */
  readonly size: number;
  readonly #headers: ReplyHeaders;
  /** Names of the fields with several lines. */
  readonly #lists: readonly string[];
  readonly #body: string | Uint8Array;
  readonly #endpoint: string | undefined;
  readonly #isShared: boolean;
  readonly #minVersions: MinVersions | undefined;
  readonly #directives: ReplyDirectives;
  readonly #lifetimeMs: number;
  readonly #initialAgeMs: number;

  constructor(parts: StoredParts) {
    const { status, headers, body, selection, endpoint, isShared, replyMs, replyWallMs, minVersions } = parts;
    this.status = status;
    this.selection = selection;
    this.replyMs = replyMs;
    this.#headers = headers;
    this.#lists = Object.keys(headers).filter((name) => Array.isArray(headers[name]));
    this.#body = body;
    this.#endpoint = endpoint;
    this.#isShared = isShared;
    this.#minVersions = minVersions;
    this.#directives = replyDirectives(headers['cache-control']);
    this.#lifetimeMs = lifetimeMs(this.#directives, headers, replyWallMs, isShared);
    this.#initialAgeMs = initialAgeMs(headers, parts);
    this.etag = single(headers.etag);
    this.lastModified = single(headers['last-modified']);
    this.groups = cacheGroups(headers['cache-groups']);
    this.madeMs = httpDate(single(headers.date), replyWallMs) ?? replyWallMs;
    this.size = sizeOf(headers, body, selection, this.groups) + (minVersions ? sizeOfVersions(minVersions) : 0);
  }

  /** It may be worth keeping: it is fresh for some time, can be confirmed, or may be used while it is stale. */
  get isOfUse(): boolean {
    const { staleIfError, staleWhileRevalidate } = this.#directives;
    const isConfirmable = this.etag !== undefined || this.lastModified !== undefined;
    return this.#lifetimeMs > this.#initialAgeMs || isConfirmable || staleIfError > 0 || staleWhileRevalidate > 0;
  }

  /** Whether it was made from at least these versions, as far as is known. */
  isFrom(versions: MinVersions): boolean {
    return covers(this.#minVersions ?? none, versions);
  }

  /** How long it has been since its service made it. RFC 9111 §4.2.3. */
  ageMs(nowMs: number): number {
    return this.#initialAgeMs + Math.max(0, nowMs - this.replyMs);
  }

  /** For how long it is fresh; negative: since when it is stale. */
  freshForMs(nowMs: number): number {
    return this.#lifetimeMs - this.ageMs(nowMs);
  }

  /** RFC 9111 §4.2, §5.2.1, RFC 5861 §3 and RFC 8246. */
  usability(asked: RequestDirectives, nowMs: number): Usability {
    const ageMs = this.ageMs(nowMs);
    const freshForMs = this.#lifetimeMs - ageMs;
    if (asked.noCache || this.#directives.noCache) return 'unusable';
    if (asked.maxAge !== undefined && !(ageMs < asked.maxAge * 1000)) {
      // A younger one would be the same (RFC 8246 §2). What cannot be read asks for as much as it can.
      const isAsGood = this.#directives.isImmutable && freshForMs > 0 && asked.maxAge >= 0;
      if (!isAsGood) return 'unusable';
    }
    if (freshForMs > 0) return freshForMs >= asked.minFresh * 1000 ? 'fresh' : 'unusable';
    if (asked.minFresh > 0 || !this.#mayBeStale) return 'unusable';
    if (-freshForMs <= asked.maxStale * 1000 && asked.maxStale > 0) return 'stale';
    return -freshForMs < this.#directives.staleWhileRevalidate * 1000 ? 'revalidate-behind' : 'unusable';
  }

  /** Whether nothing but what a request asks for keeps it from being used. */
  isFresh(nowMs: number): boolean {
    return !this.#directives.noCache && this.ageMs(nowMs) < this.#lifetimeMs;
  }

  /**
   * Whether it may stand in for a service that fails. RFC 5861 §4.
   *
   * @param besidesS seconds for which it may where it says nothing of that
   */
  mayReplaceError(asked: RequestDirectives, nowMs: number, besidesS: number): boolean {
    if (asked.noCache || !this.#mayBeStale) return false;
    const seconds = Math.max(this.#directives.staleIfError, asked.staleIfError, besidesS);
    return seconds > 0 && -this.freshForMs(nowMs) < seconds * 1000;
  }

  /** The conditions of a request that asks whether it still holds; none where it has nothing to compare. RFC 9111 §4.3.1. */
  get conditions(): Record<string, string> | undefined {
    if (this.etag === undefined && this.lastModified === undefined) return undefined;
    return {
      ...(this.etag !== undefined && { 'if-none-match': this.etag }),
      ...(this.lastModified !== undefined && { 'if-modified-since': this.lastModified }),
    };
  }

  /**
   * The same reply as a 304 confirms it; undefined where the 304 is of another one. RFC 9111 §4.3.4.
   *
   * @param selection what it is chosen by from now on. Default: as before
   */
  confirmed({ headers }: Reply, exchanged: Exchanged, selection = this.selection): StoredReply | undefined {
    const etag = single(headers.etag);
    const modified = single(headers['last-modified']);
    if (etag !== undefined && this.etag !== undefined) {
      if (!isSameTag(etag, this.etag)) return undefined;
    } else if (etag === undefined && this.etag === undefined && modified !== undefined) {
      if (modified !== this.lastModified) return undefined;
    }
    return this.#with(headers, exchanged, selection);
  }

  /**
   * The same reply as a HEAD describes it; undefined where it describes another one. RFC 9111 §4.3.5.
   *
   * @param selection what it is chosen by from now on. Default: as before
   */
  described({ headers, status }: Reply, exchanged: Exchanged, selection = this.selection): StoredReply | undefined {
    const isSame = (name: string) => headers[name] === undefined || headers[name] === this.#headers[name];
    const isDescribed = status === this.status && ['etag', 'last-modified', 'content-length'].every(isSame);
    return isDescribed ? this.#with(headers, exchanged, selection) : undefined;
  }

  /** A reply of its own for one caller, who may change all of it. */
  reply(operation: string, nowMs: number, cacheStatus: string): Reply {
    const origin = this.#originOf(operation);
    const headers = this.#copiedFields;
    headers.age = String(Math.floor(this.ageMs(nowMs) / 1000));
    headers['cache-status'] = withStatus(headers['cache-status'], cacheStatus);
    return new Reply(this.status, headers, this.#copiedBody, origin);
  }

  /** The same without a body: for HEAD, and as a 304. */
  head(operation: string, nowMs: number, cacheStatus: string, status = this.status): Reply {
    const headers = this.#copiedFields;
    headers.age = String(Math.floor(this.ageMs(nowMs) / 1000));
    headers['cache-status'] = withStatus(headers['cache-status'], cacheStatus);
    if (status === 304) for (const name of ['content-length', 'content-range']) delete headers[name];
    const empty = typeof this.#body === 'string' ? '' : Buffer.alloc(0);
    return new Reply(status, headers, empty, this.#originOf(operation));
  }

  /**
   * A part of it, as a 206; undefined where it does not have that part, or cannot tell: of a reply that was compressed, the parts are those of what came.
   *
   * @param range `Range` of the request
   */
  part(operation: string, nowMs: number, cacheStatus: string, range: string): Reply | undefined {
    const bytes = typeof this.#body === 'string' ? Buffer.from(this.#body) : this.#body;
    const held = this.#rangeOf(bytes.length);
    const found = held && askedRange(range, held.total);
    if (!found || found === 'unsatisfiable' || found.start < held.start || found.end > held.end) return undefined;
    const { headers } = this.head(operation, nowMs, cacheStatus);
    const part = Buffer.from(bytes.subarray(found.start - held.start, found.end + 1 - held.start));
    const fields = partFields(headers, { ...found, total: held.total });
    return new Reply(206, fields, typeof this.#body === 'string' ? part.toString() : part, this.#originOf(operation));
  }

  /** What it was made of. Not to be changed. */
  get content(): { readonly status: number; readonly headers: ReplyHeaders; readonly body: string | Uint8Array } {
    return { status: this.status, headers: this.#headers, body: this.#body };
  }

  /** Which part of the resource its body is. */
  #rangeOf(size: number): KnownRange | undefined {
    if (this.#headers['content-length'] !== String(size)) return undefined;
    if (this.status === 206) return knownRange(this.#headers);
    return this.status === 200 ? { start: 0, end: size - 1, total: size } : undefined;
  }

  /** Its body; bytes are a copy, since their receiver may change them. */
  get #copiedBody(): string | Uint8Array {
    return typeof this.#body === 'string' ? this.#body : Buffer.from(this.#body);
  }

  /** Its fields, as a copy. */
  get #copiedFields(): Record<string, string | string[] | undefined> {
    const headers: Record<string, string | string[] | undefined> = { ...this.#headers };
    for (const name of this.#lists) headers[name] = [...(headers[name] as string[])];
    return headers;
  }

  /** RFC 9111 §4.2.4. */
  get #mayBeStale(): boolean {
    const { mustRevalidate, noCache, proxyRevalidate, sharedMaxAge, isMalformed } = this.#directives;
    if (mustRevalidate || noCache || isMalformed) return false;
    return !(this.#isShared && (proxyRevalidate || sharedMaxAge !== undefined));
  }

  #with(later: ReplyHeaders, exchanged: Exchanged, selection: Selection): StoredReply {
    const headers = freshenedFields(this.#headers, later);
    const { status } = this;
    const [body, endpoint, isShared, minVersions] = [this.#body, this.#endpoint, this.#isShared, this.#minVersions];
    return new StoredReply({ status, selection, headers, body, endpoint, isShared, minVersions, ...exchanged });
  }

  #originOf(operation: string): ReplyOrigin {
    return this.#endpoint === undefined
      ? { operation, attempts: 0 }
      : { operation, endpoint: this.#endpoint, attempts: 0 };
  }
}

/** What a cache further up has said comes first. RFC 9211 §2. */
export function withStatus(before: string | string[] | undefined, own: string): string {
  return before === undefined ? own : `${before}, ${own}`;
}

/** A copy of what came, for the cache alone; undefined for a stream. Not by `Buffer.from`: few bytes would keep 8 KiB of its pool. */
export function ownBody(body: string | Uint8Array | Readable): string | Uint8Array | undefined {
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? new Uint8Array(body) : undefined;
}

// What V8 takes beside the text, measured on Node 24: objects, lists, maps.
const replyBytes = 768;
const fieldBytes = 48;
const groupBytes = 320;

function sizeOf(headers: ReplyHeaders, body: string | Uint8Array, selection: Selection, groups: readonly string[]) {
  let size = replyBytes + (typeof body === 'string' ? textBytes(body) : body.length);
  for (const name of Object.keys(headers)) size += fieldBytes + name.length + String(headers[name]).length;
  for (const [name, value = '', language = ''] of selection)
    size += fieldBytes + name.length + value.length + language.length;
  for (const name of groups) size += groupBytes + name.length;
  return size;
}

function sizeOfVersions(versions: MinVersions): number {
  return groupBytes + 4 * versions.toString().length;
}

/** V8 keeps two bytes for each character of a text, once one of them is outside Latin-1. */
function textBytes(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length;
}
