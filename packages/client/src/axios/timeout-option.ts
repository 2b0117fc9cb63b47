import { AxiosError, type InternalAxiosRequestConfig } from './axios.ts';

/**
 * The option `timeout` in ms, with axios' own meaning: a numeric string counts, and 0 is none.
 *
 * @throws AxiosError `ERR_BAD_OPTION_VALUE` for anything that is no number from 0 on
 */
export function timeoutMsOf(config: InternalAxiosRequestConfig): number | undefined {
  const timeout: unknown = config.timeout;
  if (!timeout) return undefined;
  const ms = Number.parseInt(String(timeout), 10);
  if (ms >= 0) return ms || undefined;
  throw new AxiosError('error trying to parse `config.timeout` to int', AxiosError.ERR_BAD_OPTION_VALUE, config);
}
