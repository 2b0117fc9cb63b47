import type { InternalAxiosRequestConfig } from '../axios/axios.ts';
import type { ConnectionPool } from './connection-pool.ts';

type Dispatch = Parameters<ConnectionPool['dispatch']>;

/** What undici is told of a request. */
export type DispatchOptions = Dispatch[0];

/** What undici gives to stop a request, or to slow down its reply. */
export type DispatchController = Parameters<NonNullable<Dispatch[1]['onRequestStart']>>[0];

/** Whether the layers say that the request may be sent twice. axios knows no such thing and hands it on as it is. */
export function isIdempotent(config: InternalAxiosRequestConfig): boolean {
  return (config as { readonly isIdempotent?: boolean }).isIdempotent ?? false;
}
