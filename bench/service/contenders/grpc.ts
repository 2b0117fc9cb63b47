import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Listen } from '../contender.ts';
import { work } from '../exchanges.ts';

const json = {
  serialize: (value: unknown) => Buffer.from(JSON.stringify(value)),
  parse: (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
};

/** Where the unary method of each scenario is. */
export const grpcPaths = {
  'GET /api/hello': '/bench.Bench/sayHello',
  'GET /api/items': '/bench.Bench/listItems',
  'POST /api/notes': '/bench.Bench/addNote',
};

/** @grpc/grpc-js, unary over cleartext HTTP/2, with JSON: the same work for everybody. */
export const grpc: Listen = async () => {
  const server = new Server();
  for (const [name, handler] of Object.entries(work)) {
    const method = {
      path: `/bench.Bench/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: json.serialize,
      requestDeserialize: json.parse,
      responseSerialize: json.serialize,
      responseDeserialize: json.parse,
    } as const;
    server.addService(
      { [name]: method },
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
