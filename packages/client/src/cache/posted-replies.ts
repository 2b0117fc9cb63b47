import { pipeline, Readable, Transform } from 'node:stream';
import type { Call } from '../layer.ts';
import { Reply } from '../transport/reply.ts';
import type { CacheKeys } from './cache-keys.ts';
import { replyDirectives, requestDirectives } from './directives.ts';
import { isExplicit } from './freshness.ts';
import { ownPath } from './invalidation.ts';
import type { KeptReplies, Lookup, Sent } from './kept-replies.ts';
import { isStorable } from './storable.ts';

/** What it needs of its cache. */
export interface PostedRepliesDependencies {
  readonly isShared: boolean;
  readonly maxEntryBytes: number;
  readonly keys: CacheKeys;
  readonly kept: KeptReplies;
}

/**
 * Stores a reply to POST that is what a GET would get: its `Content-Location` is the target itself, and it says how long it is fresh (RFC 9110 §9.3.3).
 *
 * Scope: upstream.
 */
export class PostedReplies {
  readonly #dependencies: PostedRepliesDependencies;

  constructor(dependencies: PostedRepliesDependencies) {
    this.#dependencies = dependencies;
  }

  /** Where the reply is to be stored; undefined where it must not be. To be asked before the POST itself invalidates its path. */
  lookup(call: Call, reply: Reply, sent: Sent): Lookup | undefined {
    if (call.method !== 'POST' || reply.status !== 200 || reply.headers['content-location'] === undefined)
      return undefined;
    const { kept, keys, isShared } = this.#dependencies;
    const { headers, origin } = reply;
    const asked = requestDirectives(call.headers['cache-control'], call.headers.pragma);
    if (asked.noStore || ownPath(headers, 'content-location', call, origin.endpoint) !== call.path) return undefined;
    if (!isExplicit(replyDirectives(headers['cache-control']), headers, isShared)) return undefined;
    if (reply.body instanceof Readable && headers['content-encoding'] !== undefined) return undefined;
    const replyAs = call.replyAs === 'stream' ? 'bytes' : call.replyAs;
    const reading: Call = { ...call, method: 'GET', body: undefined, replyAs };
    const key = keys.of(reading);
    if (key === undefined || !isStorable(reply, keys.storedFor(reading)) || kept.isOutdated(key, sent))
      return undefined;
    return { call: reading, key, asked, stored: undefined };
  }

  /**
   * The reply as its caller gets it. It is stored now, or when its stream has ended, unless there has been a write or another reply since.
   *
   * @param sent as of now: after the POST has invalidated its path
   */
  keep(lookup: Lookup, reply: Reply, sent: Sent): Reply {
    const { kept } = this.#dependencies;
    const { status, headers, body, origin } = reply;
    if (!(body instanceof Readable)) return kept.keep(lookup, reply, sent, 'method');
    const store = (bytes: Uint8Array) => {
      if (kept.find(lookup.key, lookup.call)) return;
      kept.keep(lookup, new Reply(status, headers, bytes, origin), sent, 'method');
    };
    return new Reply(status, headers, watched(body, this.#dependencies.maxEntryBytes, store), origin);
  }
}

/** The same stream. Calls back with its bytes when it has ended, unless they are more than `maxBytes`. */
function watched(body: Readable, maxBytes: number, onEnd: (bytes: Uint8Array) => void): Readable {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const watching = new Transform({
    transform(chunk: Uint8Array, _, done) {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
      done(null, chunk);
    },
    flush(done) {
      if (size <= maxBytes) onEnd(Buffer.concat(chunks));
      done();
    },
  });
  // Its reader learns of an error; where nobody reads, it must not end the process.
  watching.on('error', () => {});
  pipeline(body, watching, () => {});
  return watching;
}
