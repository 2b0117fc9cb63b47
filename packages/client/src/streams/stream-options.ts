/** What bounds a stream. Its whole length is bounded by nothing but what the caller says. */
export interface StreamOptions {
  /** The first item comes in this time, all attempts and waits together. */
  readonly firstItemTimeoutMs: number;
  /** The longest silence after it: neither an item nor a heartbeat, while somebody waits for one. */
  readonly idleTimeoutMs: number;
  /** The largest item, in bytes of JSON. */
  readonly maxItemBytes: number;
}
