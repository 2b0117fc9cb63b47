import { Agent, request } from 'undici';
import { paths, posted } from '../bodies.ts';
import { type Contender, expectOk } from '../contender.ts';

/** Bare `undici.request`; of several endpoints any, by chance. */
export const undiciRequest: Contender = ({ scenario, origins }) => {
  const { exchange, protocol, endpoints } = scenario;
  // Of many endpoints each is called seldom: their sockets shall still be open when the next round comes.
  const dispatcher = new Agent({
    allowH2: protocol === 'http2-tls',
    ...(endpoints > 1 && { keepAliveTimeout: 60_000 }),
  });
  const urls = origins.map((origin) => origin + paths[exchange]);
  const headers = { 'content-type': 'application/json' };
  return async () => {
    const url = urls[Math.floor(Math.random() * urls.length)] as string;
    const { statusCode, body } = await (exchange === 'post'
      ? request(url, { dispatcher, method: 'POST', headers, body: JSON.stringify(posted) })
      : request(url, { dispatcher }));
    expectOk(statusCode);
    return body.json();
  };
};
