import { standardBodyLimits } from '@parley/contract';

const mebibyte = 2 ** 20;

/** The options of a service that are numbers or words, with their defaults: what uses them reads them here. */
export const standardOptions = {
  /** ms */
  requestTimeoutMs: 10_000,
  maxInFlight: 'adaptive',
  maxQueryParameters: 256,
  bodyLimitBytes: standardBodyLimits.maxBytes,
  maxBodyValues: standardBodyLimits.maxValues,
  maxBodyDepth: standardBodyLimits.maxDepth,
  heartbeatMs: 10_000,
  /** Share of a second. */
  compressBelow: 0.9,
  writeTimeoutMs: 10_000,
  maxUnreadBytesPerConnection: 128 * mebibyte,
  maxUnreadBytes: 256 * mebibyte,
  maxEarlyResets: 500,
  maxControlFrames: 1000,
} as const;
