/** Limits of the HTTP server, by Node's names. */
export const serverLimits = {
  /** Longer than the gateway keeps idle connections (nginx: 55 s): a service never closes a connection while a request arrives. */
  keepAliveTimeout: 65_000,
  /** For the head alone: a client that sends it byte by byte holds a connection no longer. */
  headersTimeout: 15_000,
  /** For head and body: 1 MiB in this time is a slow phone's 35 kB/s. */
  requestTimeout: 30_000,
  /** How often the two limits above are looked at; Node's default of 30 s would double them. */
  connectionsCheckingInterval: 5000,
  /** Bytes. Node's default, written down: the gateway's must not be larger than ours. */
  maxHeaderSize: 16_384,
};
