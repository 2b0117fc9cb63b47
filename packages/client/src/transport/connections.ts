import type { ConnectionChange, ConnectionCounts } from '@parley/contract';

type WithoutPlace<Change> = Change extends ConnectionChange ? Omit<Change, 'upstream' | 'endpoint'> : never;

/** What happened to a connection, without the endpoint. */
export type ConnectionEvent = WithoutPlace<ConnectionChange>;

/** The connections of one endpoint, for parts that do not send on them. */
export interface Connections {
  readonly counts: ConnectionCounts;
  /** Takes no more requests; resolves when those under way have ended and all is closed. */
  close(): Promise<void>;
}
