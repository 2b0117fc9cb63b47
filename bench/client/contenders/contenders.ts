import type { Contender } from '../contender.ts';
import { axiosAgent, axiosByHand, axiosDefault } from './axios.ts';
import { connect } from './connect.ts';
import { builtInFetch } from './fetch.ts';
import { got } from './got.ts';
import { grpc } from './grpc.ts';
import { ky } from './ky.ts';
import { nodeHttp } from './node-http.ts';
import { parleyClient, parleyUnderAxios } from './parley.ts';
import { undiciRequest, undiciWithHeaders } from './undici-request.ts';

/** All contenders, by their name in the table. */
export const contenders: Readonly<Record<string, Contender>> = {
  '@parley/client': parleyClient,
  'axios + parleyAdapter': parleyUnderAxios,
  'undici.request': undiciRequest,
  'undici.request + our headers': undiciWithHeaders,
  'node:http + agent': nodeHttp,
  fetch: builtInFetch,
  ky,
  got,
  axios: axiosDefault,
  'axios + agent': axiosAgent,
  'axios + agent + axios-retry + opossum': axiosByHand,
  '@grpc/grpc-js': grpc,
  'connect-node': connect,
};
