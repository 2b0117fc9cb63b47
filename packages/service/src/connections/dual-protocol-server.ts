import { createServer, type Server, type ServerOptions } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ownMembers } from '@parley/contract';
import type { Express } from 'express';
import { expressMessages } from '../express/express-messages.ts';
import { identifyCaller } from '../tls/caller-identity.ts';
import type { SecureContextSource } from '../tls/secure-context.ts';
import { endSession } from './end-session.ts';
import { endTrickles } from './end-trickles.ts';
import { http2Limits } from './http2-limits.ts';
import { answerMalformedRequests } from './malformed-requests.ts';
import { boundPipelining } from './pipelined-requests.ts';
import { refuseOtherHost, requireHost } from './require-host.ts';
import { type FloodLimits, limitFloods } from './session-floods.ts';
import { speaksHttp2 } from './speaks-http2.ts';
import { answerUnusualRequests } from './unusual-requests.ts';

/** How connections are held to limits, and secured. */
export interface DualProtocolOptions {
  /** Of HTTP/1; its header timeout and idle timeout hold for HTTP/2 too. */
  readonly limits: ServerOptions & { readonly [name in 'headersTimeout' | 'keepAliveTimeout']: number };
  /** Default: cleartext. */
  readonly tls?: SecureContextSource | undefined;
  /** Of one HTTP/2 connection. Default: those of {@link FloodLimits}. */
  readonly floods?: FloodLimits | undefined;
  /** Gets the error that an HTTP/2 session ends with, and the address of its client. Default: ignores it. */
  readonly onSessionError?: (error: Error, peer: string | undefined) => void;
  /** Gets the client's address of each HTTP/1.1 connection that ends because too many requests waited on it. Default: ignores it. */
  readonly onPipelined?: (peer: string | undefined) => void;
}

/** One port for HTTP/1.1 and HTTP/2. */
export interface DualProtocolServer {
  /** Listens, and speaks HTTP/1.1. */
  readonly server: Server;
  /** Doesn't listen: gets the connections whose client speaks HTTP/2. */
  readonly http2: Http2Server;
  /** The server that listens, where it speaks TLS. */
  readonly secure: TlsServer | undefined;
}

type Http2Listener = (req: Http2ServerRequest, res: Http2ServerResponse) => void;

/** A TLS handshake may take this long; Node's default is 120 s. */
const handshakeTimeoutMs = 10_000;

/**
 * Makes a server that speaks HTTP/1.1 and HTTP/2 on one port. Cleartext: by the first bytes of a connection (HTTP/2 with
 * prior knowledge). TLS: by ALPN. The choice is made once a connection, so that a request costs what it always did.
 */
export function createDualProtocolServer(
  app: Express,
  { limits, tls, floods, onSessionError = () => {}, onPipelined = () => {} }: DualProtocolOptions,
): DualProtocolServer {
  const http1 = ownMembers({ ...limits, ...expressMessages(app), requireHostHeader: false });
  const serveHttp1 = boundPipelining(requireHost(app), onPipelined);
  const secure = tls && createTlsServer(ownMembers({ ...http1, ...tlsOptions(tls) }), serveHttp1);
  const server = secure ?? createServer(http1, serveHttp1);
  // Node asks the server for these: it has its own, and inherits none.
  Object.assign(server, { maxConnections: undefined, blockList: undefined });
  const http2 = createHttp2Server(http2Limits);
  const serveHttp2 = app as unknown as Http2Listener;
  http2.on('request', (req, res) => {
    // The client reset the stream in the packet that opened it: no work for it.
    if (!req.stream.destroyed && !refuseOtherHost(req, res)) serveHttp2(req, res);
  });
  answerMalformedRequests(server);
  answerUnusualRequests(server, http2);
  const trickles = endTrickles(limits.headersTimeout);
  let arriving: Socket | undefined;
  http2.on('session', (session) => {
    session.setTimeout(limits.keepAliveTimeout, () => session.close());
    if (arriving) {
      endSession(session, arriving);
      trickles.watch(session, arriving);
    }
    limitFloods(session, floods);
    // The connection has ended by then: there is no way to answer, and its socket has no address.
    const peer = arriving?.remoteAddress;
    session.on('error', (error) => onSessionError(error, peer));
  });

  const event = tls ? 'secureConnection' : 'connection';
  const speakHttp1 = server.listeners(event) as ((socket: Socket) => void)[];
  const pass = (socket: Socket, isHttp2: boolean) => {
    if (isHttp2) {
      // Node makes the session within this call, and the session hides its socket.
      arriving = socket;
      http2.emit('connection', socket);
      arriving = undefined;
    } else for (const listener of speakHttp1) listener.call(server, socket);
  };
  server.removeAllListeners(event);
  if (tls) {
    server.on('secureConnection', (socket: TLSSocket) => {
      identifyCaller(socket);
      pass(socket, socket.alpnProtocol === 'h2');
    });
  } else {
    server.on('connection', (socket: Socket) => {
      speaksHttp2(socket, limits.headersTimeout, (isHttp2) => pass(socket, isHttp2));
    });
  }
  return { server, http2, secure };
}

// Node copies the options of a server into an object of its own, which inherits.
const unset = {
  ALPNCallback: undefined,
  SNICallback: undefined,
  allowPartialTrustChain: undefined,
  ca: undefined,
  ciphers: undefined,
  clientCertEngine: undefined,
  crl: undefined,
  dhparam: undefined,
  ecdhCurve: undefined,
  enableTrace: undefined,
  honorCipherOrder: undefined,
  maxVersion: undefined,
  passphrase: undefined,
  pfx: undefined,
  privateKeyEngine: undefined,
  privateKeyIdentifier: undefined,
  pskCallback: undefined,
  pskIdentityHint: undefined,
  secureOptions: undefined,
  secureProtocol: undefined,
  sessionIdContext: undefined,
  sessionTimeout: undefined,
  sigalgs: undefined,
  ticketKeys: undefined,
};

function tlsOptions({ current, isClientCertificateRequired }: SecureContextSource) {
  return {
    ...unset,
    ...current,
    ALPNProtocols: ['h2', 'http/1.1'],
    requestCert: isClientCertificateRequired,
    rejectUnauthorized: isClientCertificateRequired,
    handshakeTimeout: handshakeTimeoutMs,
  };
}
