import { CallError } from '../errors/call-error.ts';
import type { Problem } from '../errors/problem.ts';

/** How items are separated on the wire: one JSON text a line (NDJSON), or server-sent events, which browsers read too. */
export type Framing = 'ndjson' | 'sse';

/** One frame of a stream: an item, the problem that ended it, or the end. */
export type StreamFrame =
  | { readonly kind: 'item'; readonly value: unknown }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'end' };

/** Reads a stream's bytes as they come. Makes of any chunking the same frames. */
export interface StreamParser {
  /** The frames that are complete with this chunk. @throws CallError `invalid_reply` where it is none of this framing */
  push(chunk: Uint8Array): Iterable<StreamFrame>;
  /** The frames that are complete with the end of the body, which HTTP has ended well. @throws CallError `unavailable` if the stream was cut off */
  end(): Iterable<StreamFrame>;
}

/** How items, problems and the end look on the wire. */
export interface StreamFraming {
  readonly mediaType: string;
  /** @throws TypeError if the item looks like a problem, or is not JSON */
  item(value: unknown): string;
  problem(problem: Problem): string;
  /** After the last item of a complete stream. */
  readonly end: string;
  /** A heartbeat: proxies on the way would close a silent stream. */
  readonly heartbeat: string;
  parser(limits: StreamLimits): StreamParser;
}

/** How much of a stream is held in memory. */
export interface StreamLimits {
  /** The largest item, as JSON. */
  readonly maxItemBytes: number;
}

/** The text of an item. @throws TypeError where it is no JSON (undefined, a function) */
export function itemText(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError('an item of a stream must be JSON');
  return text;
}

/** The value of an item or problem. @throws CallError `invalid_reply` where the text is not JSON */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CallError('invalid_reply', 'an item is not JSON');
  }
}

/** The error of a stream that ends where it should not. */
export function cutOff(): CallError {
  return new CallError('unavailable', 'the stream was cut off before its end');
}
