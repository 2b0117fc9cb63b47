import { tlsFailure } from './tls-failure.ts';

/** No connection came about: nothing was sent, whatever was asked for. The message says why and names the code. */
export class ConnectError extends Error {
  readonly code: string;

  // The error of the socket stays behind: it may hold whole certificates.
  constructor(code: string, reason: string | undefined = tlsFailure(code)) {
    super(reason ? `cannot connect: ${reason} (${code})` : `cannot connect (${code})`);
    this.name = 'ConnectError';
    this.code = code;
  }
}
