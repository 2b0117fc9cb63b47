import { AxiosError, type InternalAxiosRequestConfig } from './axios.ts';

/** The error for a reply that cannot be taken. */
export function bad(config: InternalAxiosRequestConfig, message: string, cause?: Error): AxiosError {
  const error = new AxiosError(message, AxiosError.ERR_BAD_RESPONSE, config);
  if (cause) error.cause = cause;
  return error;
}

/** The error for a body that cannot be decoded, or grows beyond the limit. */
export function toCodingError(cause: NodeJS.ErrnoException, config: InternalAxiosRequestConfig, tooLarge: AxiosError) {
  if (cause.code === 'ERR_BUFFER_TOO_LARGE') return tooLarge;
  return bad(config, cause instanceof RangeError ? cause.message : `cannot decode the reply: ${cause.message}`, cause);
}

/** Turns any error into an AxiosError, with Node's code for the failures that undici gives a code of its own. */
export function toAxiosError(cause: unknown, config: InternalAxiosRequestConfig): AxiosError {
  if (cause instanceof AxiosError) {
    cause.config ??= config;
    return cause;
  }
  const { message, code } = cause as NodeJS.ErrnoException;
  const error = new AxiosError(message, codeOf(code), config);
  error.cause = cause as Error;
  return error;
}

function codeOf(code = AxiosError.ERR_NETWORK): string {
  // The second one is of a reply in HTTP/2 that was cut.
  return code === 'UND_ERR_SOCKET' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' ? 'ECONNRESET' : code;
}
