import type { Readable } from 'node:stream';

/** A request as it would travel. */
export interface InMemoryRequest {
  readonly method: string;
  /** Path and query, encoded: `/items?limit=5`. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text, bytes, or a stream of bytes. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Fires when the caller no longer wants the reply. */
  readonly signal: AbortSignal;
}

/** A reply as it would travel. */
export interface InMemoryReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** A stream where the operation's output is one, or bytes. */
  readonly body: string | Uint8Array | Readable;
}
