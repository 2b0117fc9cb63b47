import fc from 'fast-check';
import { anyText } from '../../contract/test-fixtures/any-text.ts';

/** A request that is allowed as HTTP, and mostly wrong as one of the visits contract. */
export interface OddRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Text that has broken a server before. */
export const hostile = fc.constantFrom(
  '%zz',
  '%00',
  '%FF',
  '%C0%AF',
  '%ED%A0%80',
  '..',
  '%2e%2e',
  '__proto__',
  'constructor',
  '',
  '%',
  '%u0041',
);
const urlText = fc.stringMatching(/^[!"$-~]{0,20}$/);
const path = fc.oneof(
  fc.constantFrom(
    '/api/visits',
    '/api/visits/1',
    '/api/visits/latest',
    '/openapi.json',
    '/',
    '*',
    '//',
    '/api/visits/',
  ),
  fc
    .tuple(fc.constantFrom('/', '/api/visits/', 'http://x/api/visits/'), fc.oneof(hostile, urlText))
    .map((p) => p.join('')),
);
const parameter = fc
  .tuple(
    fc.constantFrom('limit', 'language', 'id', 'a[b]', '__proto__', 'constructor[prototype]'),
    fc.oneof(hostile, urlText),
  )
  .map((pair) => pair.join('='));
const query = fc.oneof(
  fc.constant(''),
  fc.array(parameter, { maxLength: 4 }).map((all) => `?${all.join('&')}`),
  fc.constantFrom(`?limit=${'1'.repeat(5000)}`, `?${'a=1&'.repeat(1500)}`, '?limit=1&limit=2', '?limit=5000'),
);

// Not x-request-timeout-ms: whoever asks for 0 ms rightly gets 504.
const names = [
  'content-type',
  'content-encoding',
  'accept-language',
  'accept-encoding',
  'x-request-id',
  'traceparent',
  'tracestate',
  'if-none-match',
  'if-match',
  'if-modified-since',
  'x-forwarded-for',
  'x-forwarded-host',
  'accept',
  'range',
  'x-attempts-left',
  'idempotency-key',
  'cookie',
  'authorization',
  'cache-control',
  'x-http-method-override',
  'forwarded',
];
const headerText = fc.oneof(
  fc.stringMatching(/^[!-~]{1,40}$/),
  fc.constantFrom(
    '*',
    '"v1", W/"v2"',
    'gzip;q=0, *',
    'br, zstd',
    'application/json',
    'application/json; charset=x',
    'gzip',
    '-1',
    '1e9',
  ),
);
const headers = fc.dictionary(fc.constantFrom(...names), headerText, { maxKeys: 5 });
const text = fc.oneof(
  fc.json({ maxDepth: 3 }),
  anyText(),
  fc.constantFrom(
    '{"__proto__":{"x":1}}',
    '[',
    'null',
    '{"name":"\\u0000"}',
    '{"name":"\\ud800"}',
    '{"name":1e999}',
    '{"a":1,"a":2}',
  ),
  fc.integer({ min: 1, max: 6000 }).map((depth) => '['.repeat(depth)),
);
const body = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  text.map((one) => Buffer.from(one)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);

/** One that keeps to HTTP. */
export const oddRequest: fc.Arbitrary<OddRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'),
    path,
    query,
    headers,
    isJson: fc.boolean(),
    body,
  })
  .map(({ method, path, query, headers, isJson, body }) => ({
    method,
    target: path + query,
    headers: { ...headers, ...(isJson && { 'content-type': 'application/json' }) },
    body: method === 'TRACE' ? Buffer.alloc(0) : body,
  }));

const chunked = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')]);

/** As HTTP/1.1, with a length or in chunks. */
export function toHttp1({ method, target, headers, body }: OddRequest, isChunked: boolean): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const isSized = body.length > 0 || method === 'POST';
  const framing = isSized ? (isChunked ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${body.length}\r\n`) : '';
  const head = `${method} ${target} HTTP/1.1\r\nHost: x\r\n${lines.join('')}${framing}\r\n`;
  const sent = isSized && isChunked ? (body.length > 0 ? chunked(body) : Buffer.from('0\r\n\r\n')) : body;
  return Buffer.concat([Buffer.from(head, 'latin1'), sent]);
}
