import type { Schema } from '../schemas/schema.ts';

/** How items are separated on the wire: one JSON text a line (NDJSON), or server-sent events, which browsers read too. */
export type Framing = 'ndjson' | 'sse';

/**
 * An output that comes item by item: the schema of one item, and how items are framed.
 * Made by {@link stream}.
 */
export interface Stream<S extends Schema = Schema> {
  readonly '~standard': S['~standard'];
  readonly framing: Framing;
}

/**
 * Declares an output that comes item by item: the client's method gives an `AsyncIterable` of what comes out of
 * `item`, and the handler is an async generator of what it takes in.
 *
 * @example
 * watchVisits: get('/api/visits/stream', { summary: 'Visits as they come', output: stream(visit, { as: 'sse' }) }),
 */
export function stream<S extends Schema>(item: S, { as }: { readonly as: Framing }): Stream<S> {
  if (as !== 'ndjson' && as !== 'sse') throw new TypeError(`stream must be as ndjson or sse, not ${String(as)}`);
  return { '~standard': item['~standard'], framing: as };
}

/** Whether an output comes item by item. */
export function isStream(output: Schema | undefined): output is Stream {
  return output !== undefined && 'framing' in output;
}
