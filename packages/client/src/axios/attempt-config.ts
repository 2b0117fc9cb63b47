import type { InternalAxiosRequestConfig } from './axios.ts';

/** The config of one attempt: axios' options, and what the layers add. axios hands on what it does not know. */
export interface AttemptConfig extends InternalAxiosRequestConfig {
  /** The request may be sent twice. */
  readonly isIdempotent: boolean;
}

/** Whether the layers allow the request to be sent twice. */
export function isIdempotent(config: InternalAxiosRequestConfig): boolean {
  return (config as Partial<AttemptConfig>).isIdempotent ?? false;
}
