import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Server as GrpcServer, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { replies } from './bodies.ts';
import { certificate } from './certificate.ts';
import { grpcMethods } from './grpc-methods.ts';
import { answerPlainly } from './plain-server.ts';
import type { Exchange } from './scenarios.ts';

/** Where the server process listens, and what CA its certificate is of. */
export interface ServerPorts {
  readonly http1: number;
  readonly 'http1-tls': number;
  readonly 'http2-tls': number;
  readonly grpc: number;
  readonly 'grpc-tls': number;
  readonly ca: string;
}

// The server of every contender, in a process of its own. It stops when its IPC channel ends.
const { key, cert, ca } = await certificate();
const secure = { key, cert };
const ports: ServerPorts = {
  http1: await listening(createServer(answerPlainly)),
  'http1-tls': await listening(createTlsServer({ ...secure, ALPNProtocols: ['http/1.1'] }, answerPlainly)),
  'http2-tls': await listening(http2Server()),
  grpc: await grpcListening(ServerCredentials.createInsecure()),
  'grpc-tls': await grpcListening(
    ServerCredentials.createSsl(null, [{ private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }]),
  ),
  ca,
};
process.send?.(ports);
process.on('disconnect', () => process.exit());

/** All of 127.0.0.0/8, so that one port is as many endpoints as wanted. */
async function listening(server: Server): Promise<number> {
  server.listen(0, '0.0.0.0', 4096);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function http2Server(): Server {
  const bodies = new Map(Object.entries(replies).map(([name, reply]) => [name, JSON.stringify(reply)]));
  const server = createSecureServer({ ...secure, settings: { maxConcurrentStreams: 1000 } });
  server.on('sessionError', () => {});
  server.on('stream', (stream, headers) => {
    const body = bodies.get(String(headers[':path']).split('/').at(-1)?.toLowerCase() ?? '') ?? '';
    stream.on('error', () => {});
    stream.resume();
    stream.respond({ ':status': 200, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    stream.end(body);
  });
  return server;
}

async function grpcListening(credentials: ServerCredentials): Promise<number> {
  const server = new GrpcServer();
  const handler = (name: Exchange) => (_: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>) =>
    reply(null, replies[name]);
  server.addService(grpcMethods, { small: handler('small'), large: handler('large'), post: handler('post') });
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port))),
  );
}
