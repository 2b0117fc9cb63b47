import type { Pem } from '@parley/contract';

/** How an upstream is known, and known to, over TLS. */
export interface TlsOptions {
  /** Whom to trust for the server's certificate. Default: the CAs that Node knows. */
  readonly ca?: Pem | readonly Pem[];
  /** Our certificate and its chain, for a server that wants one. Needs `key`. */
  readonly cert?: Pem;
  readonly key?: Pem;
  /** The name that the server's certificate must be for. Default: the one in its address. */
  readonly serverName?: string;
  /** The server's SPIFFE ID, for example `spiffe://acme/billing`: must be in its certificate, in place of a name. */
  readonly spiffeId?: string;
}

/** `auto`: HTTP/2 where the server agrees to it over TLS, HTTP/1.1 otherwise. `2` without TLS: known beforehand (h2c). */
export type HttpVersion = 'auto' | '1.1' | '2';
