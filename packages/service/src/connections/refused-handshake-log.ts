import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { OccasionalWarning } from '../process/occasional-warning.ts';

/** OpenSSL's and Node's codes → why a handshake was refused. A code that is not here is its own reason. */
const reasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/DID_NOT_RETURN_A_CERTIFICATE/, 'the caller has no certificate'],
  [/^CERT_HAS_EXPIRED$/, 'the certificate of the caller has expired'],
  [/^CERT_NOT_YET_VALID$/, 'the certificate of the caller is not valid yet'],
  [
    /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|INVALID_CA)/,
    'the certificate of the caller is not from a CA of TLS_CA_FILE',
  ],
  [/UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/, 'the caller speaks no TLS version that is safe'],
  [/HTTP_REQUEST|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/, 'the caller does not speak TLS'],
  [
    /ALERT_UNKNOWN_CA|ALERT_(BAD_|UNSUPPORTED_)?CERTIFICATE/,
    'the caller does not trust the certificate of this service',
  ],
];

/** Node's name for the socket below one of TLS. */
interface Wrapping {
  readonly _parent?: Socket;
}

/**
 * Says which TLS handshakes failed and why, and how many: a caller whose certificate is refused sees only a closed connection. A line
 * each 10 s at most. A connection that broke is no refusal, and not noted.
 */
export class RefusedHandshakeLog {
  readonly #warning: OccasionalWarning;

  constructor(logger: Logger) {
    this.#warning = new OccasionalWarning(logger, 'refused TLS handshakes; this is the last of them');
  }

  /** Notes what a server refuses from now on. */
  watch(server: Pick<Server, 'on'>): void {
    // A socket remembers its address once it was asked: later there is no connection to ask.
    server.on('connection', (socket: Socket) => void socket.remoteAddress);
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket & Wrapping) => {
      const { authorizationError, remoteAddress = socket._parent?.remoteAddress } = socket;
      this.note(error, { authorizationError, remoteAddress });
    });
  }

  /** Notes one handshake. */
  note(
    { code = '' }: NodeJS.ErrnoException,
    { authorizationError, remoteAddress: peer }: Pick<TLSSocket, 'authorizationError' | 'remoteAddress'>,
  ): void {
    if (!authorizationError && !code.startsWith('ERR_SSL_')) return;
    // Node closes a connection whose certificate it refuses, and reports that.
    const cause = authorizationError ? String(authorizationError) : code;
    this.#warning.note((connections) => ({ connections, peer, code: cause, reason: reasonOf(cause) }));
  }
}

function reasonOf(cause: string): string {
  return reasons.find(([pattern]) => pattern.test(cause))?.[1] ?? cause;
}
