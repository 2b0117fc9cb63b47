import type { ServerOptions } from 'node:http2';

/** Limits of HTTP/2, which lets one connection ask for much with few bytes. */
export const http2Limits = {
  settings: {
    /** Requests at once on a connection; nginx' default is 128. */
    maxConcurrentStreams: 128,
    /** Bytes of a request's headers, as over HTTP/1. */
    maxHeaderListSize: 16_384,
    enablePush: false,
  },
  /**
   * Requests that a client may cancel at once, and then a second, until GOAWAY. nghttp2 counts every reset, those of calls
   * whose time is up too: `limitFloods` ends a rapid reset long before this backstop does.
   */
  streamResetBurst: 20_000,
  streamResetRate: 5000,
  /** Fields of a request's headers. */
  maxHeaderListPairs: 128,
  /** Entries of a SETTINGS frame. */
  maxSettings: 32,
  /** Our answers to PING and SETTINGS that may wait for a client who doesn't read: a flood of them ends here. */
  maxOutstandingPings: 10,
  maxOutstandingSettings: 10,
  /** Frames that make no sense, and requests beyond what is allowed, before the connection goes. */
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  /** Megabytes that a connection may have us hold. */
  maxSessionMemory: 10,
  /** White space around a value would have nghttp2 drop the header without a word, an `Idempotency-Key` for example. */
  strictFieldWhitespaceValidation: false,
  /** For whoever agreed on no protocol that we speak. */
  unknownProtocolTimeout: 1000,
} satisfies ServerOptions & Record<string, unknown>;
