import { type RawReply, sendRaw } from './send-raw.ts';

/** What no log may hold. */
export const secret = 's3cret';

/** A request with the secret in all places that a client can fill, as bytes. */
export function secretRequest(line: string, { headers = [] as readonly string[], body = '' } = {}): string {
  const all = [
    'Host: a.test',
    `Authorization: Bearer ${secret}`,
    `Cookie: session=${secret}`,
    `Referer: http://a.test/?token=${secret}`,
    `X-Api-Key: ${secret}`,
    `X-Request-Id: ${secret} with a space`,
    `User-Agent: ${secret}`,
    `X-Forwarded-For: ${secret}`,
    `traceparent: ${secret}`,
    ...(body ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`] : []),
    ...headers,
    'Connection: close',
  ];
  return `${line} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n${body}`;
}

const query = `?a=1&token=${secret}`;
const kib = (n: number) => 'x'.repeat(n * 1024);

/** Requests that gateway and services refuse, or never get to the end of, with the status that each is answered with. */
export const refusedRequests: readonly (readonly [name: string, status: number, bytes: string])[] = [
  ['a path without a service', 404, secretRequest(`GET /nowhere${query}`)],
  ['a path with a fragment', 404, secretRequest(`GET /nowhere#token=${secret}`)],
  ['input that does not fit', 400, secretRequest(`GET /api/visits${query}&limit=${secret}`)],
  [
    'a body that does not fit',
    400,
    secretRequest(`POST /api/visits${query}`, { body: `{"name":"","note":"${secret}` }),
  ],
  ['a method that is dangerous', 405, secretRequest(`TRACE /api/hello${query}`)],
  ['no HTTP', 400, `${secret} ${secret} ${secret}\r\n\r\n`],
  ['a header that is none', 400, secretRequest(`GET /api/hello${query}`, { headers: [`X\x00: ${secret}`] })],
  [
    'two lengths',
    400,
    secretRequest(`POST /api/visits${query}`, { headers: ['Content-Length: 1', 'Content-Length: 2'] }),
  ],
  ['a URL that is too long', 414, secretRequest(`GET /api/hello${query}${kib(17)}`)],
  [
    'a header that is too large',
    431,
    secretRequest(`GET /api/hello${query}`, { headers: [`X-Big: ${secret}${kib(17)}`] }),
  ],
  [
    'a body that is too large',
    413,
    secretRequest(`POST /api/visits${query}`, { headers: ['Content-Length: 1048577'] }),
  ],
  ['an upgrade', 400, secretRequest(`GET /api/visits${query}&limit=0`, { headers: [`Upgrade: ${secret}`] })],
];

/** Sends a request and hangs up before it is answered. */
export function abort(base: string, path: string): Promise<RawReply> {
  return sendRaw(base, secretRequest(`GET ${path}${query}`), { hangUpAfterMs: 200 });
}

/** Sends part of a body, and hangs up. */
export function abortBody(base: string): Promise<RawReply> {
  const bytes = secretRequest(`POST /api/visits${query}`, { headers: ['Content-Length: 900000'] });
  return sendRaw(base, `${bytes}{"note":"${secret}`, { hangUpAfterMs: 200 });
}

/** Opens this number of connections at once, whose bodies never come. Answers how often one was refused as too many. */
export async function flood(base: string, connections: number): Promise<number> {
  const bytes = secretRequest(`POST /api/visits${query}`, { headers: ['Content-Length: 9'] });
  const all = Array.from({ length: connections }, () => sendRaw(base, bytes, { hangUpAfterMs: 2_000 }));
  return (await Promise.all(all)).filter(({ status }) => status === 429).length;
}

/** A GET whose query holds the secret. */
export const secretGet = (path: string) => secretRequest(`GET ${path}${query}`);
