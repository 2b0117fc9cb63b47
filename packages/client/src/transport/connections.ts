import type { ConnectionCounts } from '@parley/contract';

/** The connections of one endpoint, for parts that do not send on them. */
export interface Connections {
  readonly counts: ConnectionCounts;
  /** Takes no more requests; resolves when those under way have ended and all is closed. */
  close(): Promise<void>;
}
