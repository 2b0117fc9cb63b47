import type { Schema } from '../schemas/schema.ts';
import { framings } from './framings.ts';
import type { Framing, StreamFraming } from './stream-framing.ts';

/**
 * An output that comes item by item: the schema of one item, and how items are framed.
 * Made by {@link stream}.
 */
export interface Stream<S extends Schema = Schema> {
  readonly '~standard': S['~standard'];
  readonly framing: Framing;
  /** Writes and reads that framing. Here, so that only contracts with streams bring the code for it. */
  readonly wire: StreamFraming;
}

/**
 * Declares an output that comes item by item. The client's method returns an `AsyncIterable` of the output type of `item`;
 * the handler is an async generator of its input type.
 *
 * @example
 * watchVisits: get('/api/visits/stream', { summary: 'Visits as they come', output: stream(visit, { as: 'sse' }) }),
 */
export function stream<S extends Schema>(item: S, { as }: { readonly as: Framing }): Stream<S> {
  if (as !== 'ndjson' && as !== 'sse') throw new TypeError(`stream must be as ndjson or sse, not ${String(as)}`);
  return { '~standard': item['~standard'], framing: as, wire: framings[as] };
}

/** Whether an output comes item by item. */
export function isStream(output: Schema | undefined): output is Stream {
  return output !== undefined && Object.hasOwn(output, 'framing');
}
