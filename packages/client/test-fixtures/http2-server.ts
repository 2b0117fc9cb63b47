import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';

/** What an HTTP/2 server does with one request. */
export type StreamBehaviour = (stream: ServerHttp2Stream, path: string, session: ServerHttp2Session) => void;

/** A server that speaks HTTP/2 only: over TLS where `tls` is given, with prior knowledge otherwise. */
export async function http2Server(
  behave: StreamBehaviour,
  { settings = {} as Settings, tls }: { settings?: Settings; tls?: SecureServerOptions } = {},
) {
  const sessions = new Set<ServerHttp2Session>();
  const paths: string[] = [];
  let opened = 0;
  let mostStreams = 0;
  const server: Http2Server = tls
    ? (createSecureServer({ settings, ...tls }) as unknown as Http2Server)
    : createServer({ settings });
  // Before Node's own listener, which makes the session of it.
  let latest: Socket | undefined;
  const sockets = new WeakMap<ServerHttp2Session, Socket>();
  server.prependListener('connection', (socket: Socket) => {
    latest = socket;
  });
  server.on('session', (session) => {
    opened++;
    if (latest) sockets.set(session, latest);
    sessions.add(session);
    session.on('close', () => sessions.delete(session)).on('error', () => {});
    let streams = 0;
    session.on('stream', (stream, headers) => {
      mostStreams = Math.max(mostStreams, ++streams);
      stream.on('close', () => streams--).on('error', () => {});
      paths.push(`${headers[':method']} ${headers[':path']}`);
      behave(stream, String(headers[':path']), session);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  /** Breaks a connection as a cut cable does: `session.socket` may not be destroyed on every Node. */
  const cut = (session: ServerHttp2Session) => void sockets.get(session)?.destroy();
  const close = async () => {
    for (const session of sessions) session.destroy();
    server.close();
    await once(server, 'close');
  };
  const address = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, sessions, paths, cut, close, counts: () => ({ opened, mostStreams }) };
}

/** Answers a stream as a service does. */
export function answer(stream: ServerHttp2Stream, body = '{}'): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end(body);
}
