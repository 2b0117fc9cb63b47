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
  const error = new AxiosError(
    message,
    code === 'UND_ERR_SOCKET' ? 'ECONNRESET' : (code ?? AxiosError.ERR_NETWORK),
    config,
  );
  error.cause = cause as Error;
  return error;
}
