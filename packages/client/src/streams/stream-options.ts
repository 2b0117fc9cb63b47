import type { UpstreamOptions } from '../options/upstream-options.ts';
/** What bounds a stream. Its whole length is bounded by nothing but what the caller says. */
export type StreamOptions = Pick<UpstreamOptions, 'firstItemTimeoutMs' | 'idleTimeoutMs' | 'maxItemBytes'>;
