import base from 'ky';
import { paths, posted } from '../bodies.ts';
import { type Contender, expectOk, originOf } from '../contender.ts';

/** ky over Node's own fetch; its retries and its timeout are on, as they come. */
export const ky: Contender = (target) => {
  const { exchange, protocol } = target.scenario;
  if (protocol === 'http2-tls') return undefined;
  const client = base.create({});
  const url = originOf(target) + paths[exchange];
  return async () => {
    const reply = await (exchange === 'post' ? client.post(url, { json: posted }) : client.get(url));
    expectOk(reply.status);
    return reply.json();
  };
};
