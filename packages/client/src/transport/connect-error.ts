import { tlsFailure } from './tls-failure.ts';

/** No connection came about: nothing was sent. The message gives the reason and the code. */
export class ConnectError extends Error {
  readonly code: string;

  // Without the socket's error: that may hold whole certificates.
  constructor(code: string, reason: string | undefined = tlsFailure(code)) {
    super(reason ? `cannot connect: ${reason} (${code})` : `cannot connect (${code})`);
    this.name = 'ConnectError';
    this.code = code;
  }
}
