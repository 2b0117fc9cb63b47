import type { Contender } from './contender.ts';
import { axiosAgent, axiosByHand, axiosDefault } from './contenders/axios.ts';
import { connect } from './contenders/connect.ts';
import { builtInFetch } from './contenders/fetch.ts';
import { got } from './contenders/got.ts';
import { grpc } from './contenders/grpc.ts';
import { ky } from './contenders/ky.ts';
import { nodeHttp } from './contenders/node-http.ts';
import { parleyClient, parleyUnderAxios } from './contenders/parley.ts';
import { undiciRequest } from './contenders/undici-request.ts';

/** Everybody who is compared, by the name that the table has. */
export const contenders: Readonly<Record<string, Contender>> = {
  '@parley/client': parleyClient,
  'axios + parleyAdapter': parleyUnderAxios,
  'undici.request': undiciRequest,
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
