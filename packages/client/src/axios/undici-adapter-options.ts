import type { UpstreamOptions } from '../options/upstream-options.ts';

/** What the adapter does unasked. */
export type UndiciAdapterOptions = Pick<
  UpstreamOptions,
  'compressRequestsAboveBytes' | 'maxReplyBytes' | 'acceptCompressed'
>;
