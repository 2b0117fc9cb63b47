import { isIP, type Socket, connect as tcp } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  type PeerCertificate,
  type SecureContext,
  connect as tls,
} from 'node:tls';
import { ownMembers } from '@parley/contract';
import { unixPath } from '../discovery/unix-address.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { ConnectError } from './connect-error.ts';
import type { Credentials } from './credentials.ts';
import { maybeRefused } from './tls-failure.ts';

/** How a connection is opened. */
export type ConnectorOptions = Pick<UpstreamOptions, 'connectTimeoutMs' | 'http' | 'clock'>;

/** The result of connecting: an error, or a socket that is ready for requests. */
export type Connected = (error: Error | null, socket: Socket | null) => void;

/** Begins to open a connection. */
export type Connect = (callback: Connected) => Socket;

const protocols = { auto: ['h2', 'http/1.1'], '1.1': ['http/1.1'], '2': ['h2'] };

/**
 * Opens connections to one address: a socket of this machine, or TCP, and over it TLS, with the server's identity verified and the last
 * session resumed. Calls back with a ConnectError where that fails or takes too long.
 */
export function connector(
  address: string,
  options: Current<ConnectorOptions>,
  credentials: Credentials | undefined,
  nameOfServer: string | undefined,
): Connect {
  const path = unixPath(address);
  const { protocol, hostname, port } = new URL(address);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (path || protocol === 'http:' || !credentials) {
    return (callback) => {
      const socket = tcp(ownMembers({ ...(path ? { path } : { host, port: Number(port || 80) }), ...unset }));
      // How undici knows that HTTP/2 was agreed on.
      if (options.current.http === '2') Object.assign(socket, { alpnProtocol: 'h2' });
      return whenOpen(socket, 'connect', options, callback);
    };
  }

  const serverName = credentials.options.serverName ?? nameOfServer ?? host;
  let session: { data: Buffer; context: SecureContext } | undefined;
  return (callback) => {
    const { context } = credentials;
    const target = ownMembers<ConnectionOptions>({
      ...unsetTls,
      host,
      port: Number(port || 443),
      servername: isIP(serverName) ? '' : serverName,
      ALPNProtocols: protocols[options.current.http],
      secureContext: context,
      checkServerIdentity: (_, certificate) => identity(credentials.options.spiffeId, serverName, certificate),
      // Not one of the old certificates: the server would go on to see the old identity.
      ...(session?.context === context && { session: session.data }),
    });
    const socket = tls(target);
    socket.on('session', (data: Buffer) => {
      session = { data, context };
    });
    const onSettled: Connected = (error, open) => {
      if (error) session = undefined;
      if (open && options.current.http === '2' && socket.alpnProtocol !== 'h2') {
        socket.destroy();
        callback(new ConnectError('ERR_NO_HTTP2', 'it does not speak HTTP/2'), null);
      } else callback(error, open);
    };
    return whenOpen(socket, 'secureConnect', options, onSettled, credentials.options.cert && maybeRefused);
  };
}

// Node makes an ordinary object of the options again.
const unset: object = {
  encoding: undefined,
  fd: undefined,
  handle: undefined,
  highWaterMark: undefined,
  objectMode: undefined,
  onread: undefined,
  signal: undefined,
};

// Of TLS it copies all of them: an inherited `path` would be the address of another server.
const unsetTls: object = {
  ...unset,
  ALPNCallback: undefined,
  allowHalfOpen: undefined,
  autoSelectFamily: undefined,
  autoSelectFamilyAttemptTimeout: undefined,
  enableTrace: undefined,
  family: undefined,
  hints: undefined,
  localAddress: undefined,
  localPort: undefined,
  lookup: undefined,
  path: undefined,
  pskCallback: undefined,
  requestOCSP: undefined,
  session: undefined,
  socket: undefined,
  timeout: undefined,
};

function whenOpen(
  socket: Socket,
  event: string,
  options: Current<ConnectorOptions>,
  callback: Connected,
  whyReset?: string,
) {
  const { connectTimeoutMs, clock } = options.current;
  const settle = (error: Error | null) => {
    disarm();
    socket.off(event, onOpen).off('error', onError);
    if (error) socket.destroy();
    callback(error, error ? null : socket);
  };
  const onOpen = () => settle(null);
  const onError = ({ code = 'ERR_NETWORK' }: NodeJS.ErrnoException) =>
    settle(new ConnectError(code, code === 'ECONNRESET' ? whyReset : undefined));
  const disarm = clock.after(
    connectTimeoutMs,
    () => {
      settle(new ConnectError('ETIMEDOUT', `not connected in ${connectTimeoutMs} ms`));
    },
    true,
  );
  // The last listener stays: a late error must not end the process.
  return socket
    .once(event, onOpen)
    .once('error', onError)
    .on('error', () => {})
    .setNoDelay(true)
    .setKeepAlive(true, 60_000);
}

function identity(spiffeId: string | undefined, serverName: string, certificate: PeerCertificate): Error | undefined {
  if (spiffeId === undefined) return checkServerIdentity(serverName, certificate);
  if (certificate.subjectaltname?.split(', ').includes(`URI:${spiffeId}`)) return undefined;
  return Object.assign(new Error(`the certificate is not for ${spiffeId}`), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
}
