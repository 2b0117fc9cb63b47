import type { ConnectionPool } from './connection-pool.ts';

type Dispatch = Parameters<ConnectionPool['dispatch']>;

/** What undici needs to send a request. */
export type DispatchOptions = Dispatch[0];

/** What undici gives to stop a request, or to slow down its reply. */
export type DispatchController = Parameters<NonNullable<Dispatch[1]['onRequestStart']>>[0];

/** What is notified of a request's progress and end. */
export type DispatchHandler = Dispatch[1];

/** What sends the requests to one origin: a pool of connections, or a stand-in for it. */
export type Dispatching = Pick<ConnectionPool, 'origin' | 'dispatch' | 'repeat' | 'redispatch'>;

/** A request for undici. It inherits nothing: undici has options by many names, and reads inherited ones too. */
export class WireRequest implements DispatchOptions {
  readonly method: DispatchOptions['method'];
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: NonNullable<DispatchOptions['body']> | null;
  readonly idempotent: boolean;

  constructor(method: string, path: string, headers: Record<string, string>, body: unknown, idempotent: boolean) {
    this.method = method as DispatchOptions['method'];
    this.path = path;
    this.headers = headers;
    this.body = body as NonNullable<DispatchOptions['body']> | null;
    this.idempotent = idempotent;
  }
}
Object.setPrototypeOf(WireRequest.prototype, null);
