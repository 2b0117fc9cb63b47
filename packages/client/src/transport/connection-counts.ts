/** How the connections of one endpoint stand. */
export interface ConnectionCounts {
  readonly open: number;
  /** Open without a request: the next one takes it. */
  readonly idle: number;
  /** Requests on a connection that is being opened. */
  readonly pending: number;
  /** Requests that wait for a connection. */
  readonly queued: number;
  /** Requests that were sent and have no whole reply yet. */
  readonly running: number;
  /** Requests so far that needed no new connection. */
  readonly reused: number;
  /** Connections so far that were closed because their time was up. */
  readonly closedByAge: number;
}

/** The connections of one endpoint, for parts that do not send on them. */
export interface Connections {
  readonly counts: ConnectionCounts;
  /** Takes no more requests; resolves when those under way have ended and all is closed. */
  close(): Promise<void>;
}
