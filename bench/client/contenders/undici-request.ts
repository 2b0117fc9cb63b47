import { Agent, request } from 'undici';
import { paths, posted } from '../bodies.ts';
import { type Contender, expectOk, originOf } from '../contender.ts';

/** Bare `undici.request`. */
export const undiciRequest: Contender = (target) => {
  const { exchange, protocol } = target.scenario;
  const dispatcher = new Agent({ allowH2: protocol === 'http2-tls' });
  const url = originOf(target) + paths[exchange];
  const headers = { 'content-type': 'application/json' };
  return async () => {
    const { statusCode, body } = await (exchange === 'post'
      ? request(url, { dispatcher, method: 'POST', headers, body: JSON.stringify(posted) })
      : request(url, { dispatcher }));
    expectOk(statusCode);
    return body.json();
  };
};
