import type { Exchange } from './scenarios.ts';

const json = {
  serialize: (value: unknown) => Buffer.from(JSON.stringify(value)),
  parse: (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
};

// JSON instead of protobuf: the same work for everybody, and V8's own parser is the fastest there is.
const method = (name: Exchange) => ({
  path: `/bench.Bench/${name}`,
  requestStream: false,
  responseStream: false,
  requestSerialize: json.serialize,
  requestDeserialize: json.parse,
  responseSerialize: json.serialize,
  responseDeserialize: json.parse,
});

/** The exchanges as unary methods of a gRPC service. */
export const grpcMethods = { small: method('small'), large: method('large'), post: method('post') };
