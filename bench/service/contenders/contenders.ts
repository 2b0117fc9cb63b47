import type { Listen } from '../contender.ts';
import { bareExpress, expressByHand } from './express.ts';
import { bareFastify, fastifyByHand } from './fastify.ts';
import { grpc } from './grpc.ts';
import { parley } from './parley.ts';
import { raw } from './raw.ts';

/** All contenders, by their name in the table. */
export const contenders: Readonly<Record<string, Listen>> = {
  '@parley/service': parley,
  'node:http, raw': raw,
  'Express, bare': bareExpress,
  'Express + helmet + compression + pino-http + prom-client + zod': expressByHand,
  'Fastify, bare': bareFastify,
  'Fastify + the same plugins': fastifyByHand,
  '@grpc/grpc-js': grpc,
};
