import { grpcMethod } from '../grpc-method.ts';

/** The exchanges as unary methods of a gRPC service. */
export const grpcMethods = { small: grpcMethod('small'), large: grpcMethod('large'), post: grpcMethod('post') };
