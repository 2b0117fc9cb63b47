import type { ConnectionPool } from './connection-pool.ts';

type Dispatch = Parameters<ConnectionPool['dispatch']>;

/** What undici needs to send a request. */
export type DispatchOptions = Dispatch[0];

/** What undici gives to stop a request, or to slow down its reply. */
export type DispatchController = Parameters<NonNullable<Dispatch[1]['onRequestStart']>>[0];
