const serialize = (value: unknown) => Buffer.from(JSON.stringify(value));
const parse = (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown;

/**
 * A unary method of the gRPC service that benchmarks ask. JSON instead of protobuf: the same work for every contender, and V8's
 * own parser is the fastest there is.
 */
export const grpcMethod = (name: string) => ({
  path: `/bench.Bench/${name}`,
  requestStream: false as const,
  responseStream: false as const,
  requestSerialize: serialize,
  requestDeserialize: parse,
  responseSerialize: serialize,
  responseDeserialize: parse,
});
