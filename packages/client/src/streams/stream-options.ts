import type { UpstreamOptions } from '../options/upstream-options.ts';
/** The limits of a stream. Only the caller's own timeout bounds the whole of it. */
export type StreamOptions = Pick<UpstreamOptions, 'firstItemTimeoutMs' | 'idleTimeoutMs' | 'maxItemBytes'>;
