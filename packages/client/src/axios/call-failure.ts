import { CallError } from '@parley/contract';
import type { Attempt } from '../layer.ts';
import { mayBeRefusal } from '../transport/active-sockets.ts';
import { isSpent } from '../transport/body-source.ts';
import { maybeRefused } from '../transport/tls-failure.ts';
import { isOfConnection, whyUnprocessed } from '../transport/unprocessed.ts';

/** Codes of requests that cannot be sent to any endpoint, for example with a line break in a header value. */
const inputCodes = new Set([
  'ERR_NOT_SUPPORT',
  'ERR_BAD_OPTION',
  'ERR_BAD_OPTION_VALUE',
  'ERR_BAD_REQUEST',
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);

const replyCodes = new Set(['ERR_BAD_RESPONSE', 'ERR_FR_TOO_MANY_REDIRECTS', 'ERR_FR_REDIRECTION_FAILURE']);

/** An AxiosError, as far as it matters here. */
export interface AxiosFailure {
  readonly code?: string;
  readonly message: string;
  readonly cause?: unknown;
}

/** Turns a failure of axios, undici or the socket into a CallError. It drops the AxiosError, which holds the whole request, Authorization and body included. */
export function toCallError(error: AxiosFailure, { call, number, endpoint }: Attempt): CallError {
  const { code = 'ERR_NETWORK' } = error;
  const cause = harmless(error.cause);
  const blamesEndpoint = isOfConnection(error.cause) ? false : undefined;
  const details = { operation: call.label, endpoint, attempts: number, cause, blamesEndpoint };
  const unprocessed = whyUnprocessed(error.cause);
  if (unprocessed) return new CallError('unavailable', unprocessed, { ...details, isUnprocessed: true });
  if (replyCodes.has(code)) return new CallError('invalid_reply', error.message, details);
  if (code === 'ERR_CANCELED') return new CallError('cancelled', 'the caller gave up', details);
  if (inputCodes.has(code)) {
    const point = isSpent(call.body) ? 'given up while it was sent' : 'not sent';
    return new CallError('invalid_input', `${point}: ${error.message}`, details);
  }
  const hint = code === 'ECONNRESET' && mayBeRefusal(error.cause) ? `: ${maybeRefused}` : '';
  return new CallError('unavailable', `the connection broke${hint} (${code})`, details);
}

/** undici's parser errors hold the bytes that they could not read: part of a reply, which may be private. */
function harmless(cause: unknown): unknown {
  if (cause instanceof Error && 'data' in cause) Reflect.deleteProperty(cause, 'data');
  return cause;
}
