import { paths, posted } from '../bodies.ts';
import { type Contender, expectOk, originOf } from '../contender.ts';

/** Node's own fetch. */
export const builtInFetch: Contender = (target) => {
  const { exchange, protocol } = target.scenario;
  if (protocol === 'http2-tls') return undefined;
  const url = originOf(target) + paths[exchange];
  const headers = { 'content-type': 'application/json' };
  return async () => {
    const reply = await (exchange === 'post'
      ? fetch(url, { method: 'POST', headers, body: JSON.stringify(posted) })
      : fetch(url));
    expectOk(reply.status);
    return reply.json();
  };
};
