import { Client, credentials } from '@grpc/grpc-js';
import { posted } from '../bodies.ts';
import type { Contender } from '../contender.ts';
import { grpcMethods } from '../grpc-methods.ts';

/** @grpc/grpc-js, unary. It knows HTTP/2 only: cleartext is HTTP/2 with prior knowledge. */
export const grpc: Contender = ({ scenario: { exchange, protocol }, ports }) => {
  if (protocol === 'http1-tls') return undefined;
  const isSecure = protocol === 'http2-tls';
  const client = new Client(
    `127.0.0.1:${isSecure ? ports['grpc-tls'] : ports.grpc}`,
    isSecure ? credentials.createSsl(Buffer.from(ports.ca)) : credentials.createInsecure(),
  );
  const { path, requestSerialize, responseDeserialize } = grpcMethods[exchange];
  const message = exchange === 'post' ? posted : {};
  return () =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, (error, reply) =>
        error ? reject(error) : resolve(reply),
      );
    });
};
