import { ConnectError } from './connect-error.ts';

/** The codes of a broken connection; any other code is about the request or its reply. */
export const brokenCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/**
 * The errors by which requests were aborted. When an HTTP/2 connection ends, undici fails the requests that wait for the
 * next connection with the error of a request that is aborted at that time: the others did not fail by it.
 */
const reasons = new WeakSet<Error>();

/** Marks an error as the reason to end one request. */
export function markReason(reason: Error): void {
  reasons.add(reason);
}

/** Tells whether a request failed with the reason to end another one. @param own what this request was ended with, if it was */
export function isReasonOfAnother(error: Error, own: Error | null | undefined): boolean {
  return error !== own && reasons.has(error);
}

/** Whether a connection broke. This is no failure of a request that was never begun on it either. */
export function isOfBrokenConnection(error: Error): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return !(error instanceof ConnectError) && (brokenCodes.has(code) || code.startsWith('ERR_HTTP2_'));
}

/**
 * A request's connection went away with other requests on it. The endpoint is not to blame. A timeout of ours resets a connection with
 * the requests behind it; this is rare, since a server gets less time than the client and answers before that.
 */
export class SharedConnectionError extends Error {
  readonly code = 'ECONNRESET';
  /** False where it is certain that nothing of the request was sent. */
  readonly wasSent: boolean;

  constructor(wasSent: boolean) {
    super(wasSent ? 'the connection was closed with other requests on it' : 'not sent: its connection was closed');
    this.name = 'SharedConnectionError';
    this.wasSent = wasSent;
  }
}
