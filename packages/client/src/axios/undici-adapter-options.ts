import type { ConnectionPool } from '../transport/connection-pool.ts';
import type { RequestCompressionOptions } from './request-compression.ts';

/** What the adapter does unasked. */
export interface UndiciAdapterOptions extends RequestCompressionOptions {
  /** Largest reply that is read whole, as it came and decoded. */
  readonly maxReplyBytes: number;
  /** Asks for compressed replies. They are decoded in any case. */
  readonly acceptCompressed: boolean;
  /** The connections to another origin, where a redirect may lead there. */
  readonly poolOf?: (origin: string) => ConnectionPool | undefined;
}
