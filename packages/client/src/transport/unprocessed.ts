import { ConnectError } from './connect-error.ts';
import { tlsFailure } from './tls-failure.ts';

/** HTTP/2: the server says that it has not begun with the request (RFC 9113 §6.8, §8.7), or it was never sent. */
const refusedStream = 7;
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
  const { code = '', message = '', http2ErrorCode, cause: earlier } = cause as Failure;
  if (code === 'UND_ERR_CLOSED') return `cannot connect (${code})`;
  const failure = tlsFailure(code);
  if (failure) return `cannot connect: ${failure} (${code})`;
  if (http2ErrorCode === refusedStream) return 'the server refused the request (REFUSED_STREAM)';
  if (goneAway.test(message)) return 'the server was about to close the connection (GOAWAY)';
  return whyUnprocessed(earlier);
}
