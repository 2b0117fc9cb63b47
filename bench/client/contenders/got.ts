import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import base from 'got';
import { paths, posted } from '../bodies.ts';
import { type Contender, expectOk, originOf } from '../contender.ts';

/** got with a keep-alive agent; its retries are on, as they come. */
export const got: Contender = (target) => {
  const { exchange, protocol } = target.scenario;
  const client = base.extend({
    agent: { http: new Agent({ keepAlive: true }), https: new SecureAgent({ keepAlive: true }) },
    http2: protocol === 'http2-tls',
    responseType: 'json',
  });
  const url = originOf(target) + paths[exchange];
  return async () => {
    const { statusCode, body } = await (exchange === 'post' ? client.post(url, { json: posted }) : client.get(url));
    expectOk(statusCode);
    return body;
  };
};
