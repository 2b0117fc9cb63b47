import { Server, ServerCredentials } from '@grpc/grpc-js';
import { grpcMethod } from '../../grpc-method.ts';
import type { Listen } from '../contender.ts';
import { work } from '../exchanges.ts';

/** Where the unary method of each scenario is. */
export const grpcPaths = {
  'GET /api/hello': grpcMethod('sayHello').path,
  'GET /api/items': grpcMethod('listItems').path,
  'POST /api/notes': grpcMethod('addNote').path,
};

/** @grpc/grpc-js, unary over cleartext HTTP/2, with JSON: the same work for every contender. */
export const grpc: Listen = async () => {
  const server = new Server();
  for (const [name, handler] of Object.entries(work)) {
    server.addService(
      { [name]: grpcMethod(name) },
      {
        [name]: (call: { request: unknown }, callback: (error: null, value: unknown) => void) =>
          callback(null, (handler as (input: unknown) => unknown)(call.request)),
      },
    );
  }
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
};
