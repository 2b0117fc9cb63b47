import { eventStream } from './event-stream.ts';
import { ndjson } from './ndjson.ts';
import type { Framing, StreamFraming } from './stream-framing.ts';

/** How each framing is written and read. */
export const framings: Readonly<Record<Framing, StreamFraming>> = { ndjson, sse: eventStream };
