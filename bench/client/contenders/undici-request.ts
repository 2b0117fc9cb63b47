import { randomHex } from '@parley/contract';
import { Agent, request } from 'undici';
import { paths, posted } from '../bodies.ts';
import { type Call, type Contender, expectOk, type Target } from '../contender.ts';

const json = { 'content-type': 'application/json' };

/** Bare `undici.request`, without a header that it need not send; of several endpoints any, by chance. */
export const undiciRequest: Contender = (target) => requesting(target, () => null);

/** The same with headers as `@parley/client` sends: what a call tells its server costs something too, above all over HTTP/2. */
export const undiciWithHeaders: Contender = (target) =>
  requesting(target, () => {
    const trace = randomHex(16);
    return {
      'x-request-id': trace,
      traceparent: `00-${trace}-${randomHex(8)}-03`,
      accept: 'application/json, application/problem+json',
      'x-request-timeout-ms': '1980',
      'x-attempts-left': '2',
    };
  });

function requesting({ scenario, origins }: Target, headersOfCall: () => Record<string, string> | null): Call {
  const { exchange, protocol, endpoints } = scenario;
  // Of many endpoints each is called seldom: their sockets shall still be open when the next round comes.
  const dispatcher = new Agent({
    allowH2: protocol === 'http2-tls',
    ...(endpoints > 1 && { keepAliveTimeout: 60_000 }),
  });
  const urls = origins.map((origin) => origin + paths[exchange]);
  return async () => {
    const url = urls[Math.floor(Math.random() * urls.length)] as string;
    const own = headersOfCall();
    const headers = exchange === 'post' ? { ...own, ...json } : own;
    const { statusCode, body } = await (exchange === 'post'
      ? request(url, { dispatcher, method: 'POST', headers, body: JSON.stringify(posted) })
      : request(url, headers ? { dispatcher, headers } : { dispatcher }));
    expectOk(statusCode);
    return body.json();
  };
}
