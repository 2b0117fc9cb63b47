/** One round of load, as the process that sends it gets it. */
export interface Round {
  readonly port: number;
  /** Name of a scenario. */
  readonly scenario: string;
  /** gRPC instead of HTTP/1.1. */
  readonly isGrpc: boolean;
  /** How long it lasts, in ms. */
  readonly ms: number;
}

/** What a round measured. */
export interface Load {
  readonly calls: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}
