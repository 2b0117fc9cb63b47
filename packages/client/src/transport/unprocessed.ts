import { SharedConnectionError } from './abort-reasons.ts';
import { ConnectError } from './connect-error.ts';
import { brokenConnection, CutReplyError, GoneConnectionError } from './http2-streams.ts';
import { tlsFailure } from './tls-failure.ts';

/** HTTP/2: the server reports that it has not begun with the request (RFC 9113 §6.8, §8.7), or it was never sent. */
const refusedStream = 7;
/** HTTP/2: the server finds that the client asks for too much, or resets too much (RFC 9113 §7). */
const enhanceYourCalm = 11;
const goneAway = /"GOAWAY" frame received|"frameError" received - type 1,/;

interface Failure {
  readonly code?: string;
  readonly message?: string;
  readonly http2ErrorCode?: number;
  readonly cause?: unknown;
}

/** Why a request that failed was certainly never processed, so that any operation may be sent again; none where it may have been. */
export function whyUnprocessed(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null) return undefined;
  if (cause instanceof ConnectError) return cause.message;
  if (cause instanceof SharedConnectionError) return cause.wasSent ? undefined : cause.message;
  const { code = '', message = '', http2ErrorCode, cause: earlier } = cause as Failure;
  if (code === 'UND_ERR_CLOSED') return `cannot connect (${code})`;
  const failure = tlsFailure(code);
  if (failure) return `cannot connect: ${failure} (${code})`;
  if (http2ErrorCode === refusedStream) return 'the server refused the request (REFUSED_STREAM)';
  if (goneAway.test(message)) return 'the server was about to close the connection (GOAWAY)';
  return whyUnprocessed(earlier);
}

/** The error of a request whose reply has begun: whatever it says (REFUSED_STREAM, GOAWAY), the request was processed. */
export function ofBegunReply(error: Error): Error {
  return whyUnprocessed(error) === undefined ? error : new CutReplyError((error as Failure).http2ErrorCode);
}

/**
 * Tells whether a failure is that of the connection alone, which is replaced: the server had announced its end (GOAWAY) or
 * asked for calm, or it ended with another request. The endpoint is not to blame.
 */
export function isOfConnection(cause: unknown): boolean {
  if (typeof cause !== 'object' || cause === null) return false;
  if (cause instanceof SharedConnectionError || cause instanceof GoneConnectionError) return true;
  const { code, message = '', http2ErrorCode } = cause as Failure;
  if (http2ErrorCode === brokenConnection) return true;
  return http2ErrorCode === enhanceYourCalm || code === 'ERR_HTTP2_SESSION_ERROR' || goneAway.test(message);
}
