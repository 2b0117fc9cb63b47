import type { ServerOptions } from 'node:http2';

// Node makes ordinary objects of the options again, which inherit: what somebody has put into Object.prototype would count.
const unset: object = {
  maxDeflateDynamicTableSize: undefined,
  maxReservedRemoteStreams: undefined,
  maxSendHeaderBlockLength: undefined,
  origins: undefined,
  paddingStrategy: undefined,
  peerMaxConcurrentStreams: undefined,
};
const unsetSettings: object = {
  customSettings: undefined,
  enableConnectProtocol: undefined,
  headerTableSize: undefined,
  initialWindowSize: undefined,
  maxFrameSize: undefined,
  maxHeaderSize: undefined,
};

/** Limits of HTTP/2, which lets one connection ask for much with few bytes. */
export const http2Limits = {
  ...unset,
  settings: {
    ...unsetSettings,
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
  /** Most answers to PING and SETTINGS that wait for a client that doesn't read. A flood of them ends the session. */
  maxOutstandingPings: 10,
  maxOutstandingSettings: 10,
  /** Frames that make no sense, and requests beyond what is allowed, before the connection goes. */
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  /** Megabytes that a connection may have us hold. */
  maxSessionMemory: 10,
  /** nghttp2 would drop a header with white space around its value without an error, an `Idempotency-Key` for example. */
  strictFieldWhitespaceValidation: false,
  /** Timeout for a client that agreed on no protocol of ours, in ms. */
  unknownProtocolTimeout: 1000,
} satisfies ServerOptions & Record<string, unknown>;
