import { createReadStream } from 'node:fs';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import axios, { AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { createUpstream, type Upstream } from '../upstream.ts';
import { parleyAdapter } from './parley-adapter.ts';

// The same calls through axios' own http adapter and through ours, side by side. What differs on purpose is in
// the list of `docs/migrating-axios.md`, and here what ours gives instead. Anything else must be the same.

const text = 'żółć and more, '.repeat(200);
const encodings: Record<string, Buffer> = {
  gzip: gzipSync(text),
  'x-gzip': gzipSync(text),
  deflate: deflateSync(text),
  br: brotliCompressSync(text),
  zstd: zstdCompressSync(text),
};

async function answer(incoming: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://x');
  const reply = (status: number, body: string | Buffer = '', headers: Record<string, string | string[]> = {}) => {
    response.writeHead(status, headers);
    response.end(body);
  };
  if (pathname === '/echo') {
    const type = incoming.headers['content-type'];
    let body: unknown = Buffer.concat(chunks).toString('latin1');
    if (type?.startsWith('multipart/')) {
      const form = await new Response(Buffer.concat(chunks), { headers: { 'content-type': type } }).formData();
      body = await Promise.all(
        [...form].map(async ([name, value]) =>
          typeof value === 'string' ? [name, value] : [name, value.name, value.type, await value.text()],
        ),
      );
    }
    const { authorization, accept, cookie } = incoming.headers;
    const seen = {
      method: incoming.method,
      url: incoming.url,
      type: type?.split(';')[0],
      body,
      authorization,
      accept,
      cookie,
      length: type?.startsWith('multipart/')
        ? incoming.headers['content-length'] !== undefined
        : incoming.headers['content-length'],
      a: incoming.headers['x-a'],
    };
    return reply(200, JSON.stringify(seen), { 'content-type': 'application/json', 'x-b': '1', 'set-cookie': 'c=1' });
  }
  if (pathname === '/encoded') {
    const name = searchParams.get('as') ?? '';
    return reply(200, encodings[name], { 'content-encoding': name, 'x-raw-length': String(encodings[name]?.length) });
  }
  if (pathname === '/raw') return reply(200, deflateRawSync(text), { 'content-encoding': 'deflate' });
  if (pathname === '/twice') {
    return reply(200, brotliCompressSync(gzipSync(text)), { 'content-encoding': 'gzip, br' });
  }
  if (pathname === '/unknown') return reply(200, 'abc', { 'content-encoding': 'sdch' });
  if (pathname === '/empty-unknown') return reply(200, '', { 'content-encoding': 'sdch' });
  if (pathname === '/truncated') return reply(200, gzipSync(text).subarray(0, 40), { 'content-encoding': 'gzip' });
  if (pathname === '/corrupt') return reply(200, 'this is not gzip', { 'content-encoding': 'gzip' });
  if (pathname === '/bomb') return reply(200, gzipSync(Buffer.alloc(1_000_000)), { 'content-encoding': 'gzip' });
  if (pathname === '/status') {
    const status = Number(searchParams.get('is'));
    return reply(status, status === 204 || status === 304 ? '' : '{"detail":"so"}', {
      'content-type': 'application/json',
    });
  }
  if (pathname === '/redirect') {
    return reply(Number(searchParams.get('as')), '', { location: searchParams.get('to') ?? '/echo' });
  }
  if (pathname === '/loop') return reply(302, '', { location: '/loop' });
  if (pathname === '/json') return reply(200, '{"a":1,"b":"ż"}', { 'content-type': 'application/json' });
  if (pathname === '/broken-json') return reply(200, '{"a":', { 'content-type': 'application/json' });
  if (pathname === '/bom') return reply(200, '\ufeff{"a":1}');
  if (pathname === '/latin1') return reply(200, Buffer.from('été', 'latin1'));
  if (pathname === '/twins') return reply(200, 'x', { 'x-twin': ['1', '2'], 'set-cookie': ['a=1', 'b=2'] });
  if (pathname === '/large') return reply(200, 'x'.repeat(100_000));
  if (pathname === '/bytes') return reply(200, Buffer.from([0, 255, 128]), { 'content-type': 'image/png' });
  if (pathname === '/reset') return incoming.socket.resetAndDestroy();
  if (pathname === '/half') {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
    return;
  }
  if (pathname === '/silent') return;
  if (pathname === '/drip') {
    response.writeHead(200);
    let left = 50; // a second: twice the timeout below
    const drip = setInterval(() => (left-- > 0 ? response.write('.') : response.end()), 20);
    response.on('close', () => clearInterval(drip));
    return;
  }
  reply(404, 'no such path');
}

const server = createServer((incoming, response) => void answer(incoming, response).catch(() => {}));
let address: string;
let upstream: Upstream;
let theirs: AxiosInstance;
let ours: AxiosInstance;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  upstream = createUpstream('echo', address, { maxAttempts: 1, circuitMinCalls: 100_000, maxReplyBytes: 500_000 });
  theirs = axios.create({ baseURL: address, proxy: false });
  ours = axios.create({ adapter: parleyAdapter(upstream) });
});
afterAll(async () => {
  await upstream.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** All that a caller can see of how a call ended. */
async function outcome(instance: AxiosInstance, config: AxiosRequestConfig): Promise<Record<string, unknown>> {
  try {
    const { status, statusText, headers, data } = await instance.request(config);
    return { status, statusText, headers: comparable(headers), data: await shown(data) };
  } catch (error) {
    if (!(error instanceof AxiosError)) return { thrown: String(error) };
    const { name, code, response, status } = error;
    const data = response && (await shown(response.data));
    return { isAxiosError: axios.isAxiosError(error), isCancel: axios.isCancel(error), name, code, status, data };
  }
}

function comparable(headers: object) {
  const plain = { ...headers } as Record<string, unknown>;
  for (const name of ['date', 'connection', 'keep-alive', 'transfer-encoding']) delete plain[name];
  return plain;
}

async function shown(data: unknown): Promise<unknown> {
  if (data instanceof Blob) return { blob: data.type, text: await data.text() };
  if (Buffer.isBuffer(data)) return { buffer: data.toString('base64') };
  if (!(data instanceof Readable)) return data;
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of data) chunks.push(chunk);
    return { stream: Buffer.concat(chunks).toString('base64') };
  } catch (error) {
    return { streamFailed: (error as Error).name, code: (error as AxiosError).code };
  }
}

type Make = () => AxiosRequestConfig;
interface Difference {
  /** The row of the list in `docs/migrating-axios.md`, which has the reason. */
  readonly differs: string;
  readonly gives: Record<string, unknown>;
}
// The npm package form-data, which axios brings along: what it makes of an object for `postForm`.
const LegacyFormData = axios.defaults.env?.FormData as unknown as new () => {
  append(name: string, value: unknown, options?: { filename: string; contentType?: string }): void;
};
const post = (data: unknown, more: AxiosRequestConfig = {}): Make => {
  return () => ({ method: 'post', url: '/echo', data: typeof data === 'function' ? data() : data, ...more });
};
const get = (url: string, more: AxiosRequestConfig = {}): Make => {
  return () => ({ url, ...more });
};
const nativeForm = () => {
  const form = new FormData();
  form.append('na"me\n', 'a\nb');
  form.append('file', new Blob(['bytes of ż'], { type: 'text/x' }), 'f"ile.txt');
  return form;
};
const legacyForm = () => {
  const form = new LegacyFormData();
  form.append('a', '1');
  form.append('file', Buffer.from('bytes'), { filename: 'f.txt', contentType: 'text/plain' });
  return form;
};
const legacyStreamForm = () => {
  const form = new LegacyFormData();
  form.append('file', createReadStream(import.meta.filename), { filename: 'f.txt' });
  return form;
};

const same: [string, Make][] = [
  ...['get', 'delete', 'options', 'post', 'put', 'patch', 'PROPFIND'].map((method): [string, Make] => [
    method,
    get('/echo', { method }),
  ]),
  ['head', get('/echo', { method: 'head' })],
  ['head of an encoded reply', get('/encoded?as=gzip', { method: 'head' })],
  [
    'params',
    get('/echo?x=0#fragment', { params: { a: 'b c', list: [1, 2], at: new Date(0), o: { p: 1 }, none: null } }),
  ],
  ['paramsSerializer', get('/echo', { params: { a: [1, 2] }, paramsSerializer: { indexes: null } })],
  ['a serializer of its own', get('/echo', { params: { a: 1 }, paramsSerializer: { serialize: () => 'z=9' } })],
  ['URLSearchParams as params', get('/echo', { params: new URLSearchParams('a=1&b=%20') })],
  ['headers', get('/echo', { headers: { 'X-A': '1', Accept: 'text/x', Cookie: 'sid=1' } })],
  ['a header with nothing', get('/echo', { headers: { 'X-A': null as unknown as string } })],
  ['auth', get('/echo', { auth: { username: 'ü', password: 'p:w' } })],
  ['auth over a header', get('/echo', { auth: { username: 'u', password: '' }, headers: { Authorization: 'x' } })],
  ['an object', post({ a: 'ż' })],
  ['a string', post('text')],
  ['a string as JSON', post('text', { headers: { 'Content-Type': 'application/json' } })],
  ['an array', post([1, 2])],
  ['null', post(null)],
  ['a Buffer', post(Buffer.from('ż'))],
  ['a Uint8Array', post(new TextEncoder().encode('ż'))],
  ['an ArrayBuffer', post(new TextEncoder().encode('ż').buffer)],
  ['a Float64Array', post(new Float64Array([1, 2]))],
  ['URLSearchParams', post(new URLSearchParams({ a: '1 2' }))],
  ['an object as a form', post({ a: 1, b: [2] }, { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })],
  ['an object as multipart', post({ a: 1, b: [2] }, { headers: { 'Content-Type': 'multipart/form-data' } })],
  ['a native form', post(nativeForm)],
  [
    'a native form with a boundary',
    post(nativeForm, { headers: { 'Content-Type': 'multipart/form-data; boundary=0123456789abc' } }),
  ],
  ['a form-data form', post(legacyForm)],
  ['a form-data form with a stream', post(legacyStreamForm)],
  ['a Blob', post(() => new Blob(['żółć'], { type: 'text/x' }))],
  ['an empty Blob', post(() => new Blob([]))],
  ['a Readable', post(() => Readable.from([Buffer.from('ab'), Buffer.from('ż')]))],
  [
    'a Readable with its length',
    post(() => Readable.from([Buffer.from('ab')]), { headers: { 'Content-Length': '2' } }),
  ],
  ['a Readable of text', post(() => Readable.from(['ab', 'ż'], { objectMode: false }))],
  ['a body with delete', get('/echo', { method: 'delete', data: { a: 1 } })],
  ['JSON', get('/json')],
  ['JSON as json', get('/json', { responseType: 'json' })],
  ['JSON as text', get('/json', { responseType: 'text' })],
  ['JSON as arraybuffer', get('/json', { responseType: 'arraybuffer' })],
  ['JSON as stream', get('/json', { responseType: 'stream' })],
  ['JSON as document', get('/json', { responseType: 'document' })],
  ['broken JSON', get('/broken-json')],
  ['broken JSON as json', get('/broken-json', { responseType: 'json' })],
  ['a byte order mark', get('/bom')],
  ['latin1', get('/latin1', { responseEncoding: 'latin1' })],
  ['headers that come twice', get('/twins')],
  ...Object.keys(encodings).map((as): [string, Make] => [as, get(`/encoded?as=${as}`)]),
  ...Object.keys(encodings).map((as): [string, Make] => [
    `${as} as stream`,
    get(`/encoded?as=${as}`, { responseType: 'stream' }),
  ]),
  ['raw deflate', get('/raw')],
  ['raw deflate as bytes', get('/raw', { responseType: 'arraybuffer', decompress: false })],
  ['an encoded reply left as it is', get('/encoded?as=gzip', { decompress: false, responseType: 'arraybuffer' })],
  ['an encoded stream left as it is', get('/encoded?as=gzip', { decompress: false, responseType: 'stream' })],
  ...[201, 204, 304, 400, 404, 500, 503].map((status): [string, Make] => [
    `status ${status}`,
    get(`/status?is=${status}`),
  ]),
  ['an error as stream', get('/status?is=404', { responseType: 'stream' })],
  ['an error as bytes', get('/status?is=500', { responseType: 'arraybuffer' })],
  ['validateStatus that agrees', get('/status?is=404', { validateStatus: () => true })],
  ['validateStatus that does not', get('/status?is=201', { validateStatus: () => false })],
  ['a redirect that nobody asked to follow', get('/redirect?as=302', { maxRedirects: 0 })],
  ...[301, 302, 303, 307, 308].flatMap((as): [string, Make][] =>
    ['get', 'post', 'put', 'head'].map((method) => [
      `${method} ${as}`,
      get(`/redirect?as=${as}`, {
        method,
        maxRedirects: 3,
        headers: { authorization: 'Bearer x', 'x-a': '1' },
        ...(method[0] === 'p' && { data: { a: 1 } }),
      }),
    ]),
  ),
  ['a redirect unasked', get('/redirect?as=302')],
  ['a redirect as stream', get('/redirect?as=302', { maxRedirects: 3, responseType: 'stream' })],
  [
    'beforeRedirect',
    get('/redirect?as=302', {
      maxRedirects: 1,
      beforeRedirect: (next) => Object.assign(next.headers, { 'x-a': 'seen' }),
    }),
  ],
  ['a reply below maxContentLength', get('/large', { maxContentLength: 100_000 })],
  ['a reply above maxContentLength', get('/large', { maxContentLength: 99_999 })],
  ['a stream above maxContentLength', get('/large', { maxContentLength: 99_999, responseType: 'stream' })],
  ['a bomb above maxContentLength', get('/bomb', { maxContentLength: 10_000 })],
  ['a body below maxBodyLength', post('12345', { maxBodyLength: 5 })],
  ['a body above maxBodyLength', post('123456', { maxBodyLength: 5 })],
  [
    'a stream above maxBodyLength',
    post(() => Readable.from([Buffer.from('123456')]), { maxBodyLength: 5, maxRedirects: 0 }),
  ],
  ['a timeout', get('/silent', { timeout: 50 })],
  ['a timeout said clearly', get('/silent', { timeout: 50, transitional: { clarifyTimeoutError: true } })],
  ['a signal', () => ({ url: '/silent', signal: AbortSignal.timeout(30) })],
  ['a signal that has fired', get('/json', { signal: AbortSignal.abort() })],
  [
    'a cancel token',
    () => {
      const source = axios.CancelToken.source();
      server.once('request', () => source.cancel('enough'));
      return { url: '/silent', cancelToken: source.token };
    },
  ],
  ['a URL that is not there', get('/nothing')],
  ['half a body', get('/half')],
  ['an unknown encoding of nothing', get('/empty-unknown')],
  ['a timeout as text', get('/silent', { timeout: '50' as never })],
  ['a timeout of 0', get('/json', { timeout: 0 })],
  ['a timeout that is no number', get('/json', { timeout: 'soon' as never })],
  ['params that cannot be serialised', get('/json', { params: { at: new Date(Number.NaN) } })],
];

const differs: [string, Make, Difference][] = [
  ['a web stream', post(() => new Response('ab').body), { differs: 'a web stream is a body', gives: { status: 200 } }],
  [
    'blob',
    get('/bytes', { responseType: 'blob' }),
    { differs: '`blob` gives a `Blob`', gives: { data: expect.objectContaining({ blob: 'image/png' }) } },
  ],
  [
    'a streamed bomb above maxContentLength',
    get('/bomb', { maxContentLength: 10_000, responseType: 'stream' }),
    {
      differs: 'a stream that fails before its first byte is a failed call',
      gives: { code: 'ERR_BAD_RESPONSE' },
    },
  ],
  [
    'redirects for ever',
    get('/loop', { maxRedirects: 3 }),
    {
      differs: 'an AxiosError is named `AxiosError`',
      gives: { code: 'ERR_FR_TOO_MANY_REDIRECTS', name: 'AxiosError' },
    },
  ],
  ['two encodings', get('/twice'), { differs: 'several encodings are undone, at most 5', gives: { data: text } }],
  [
    'an unknown encoding',
    get('/unknown'),
    { differs: 'a truncated or unknown encoding is an error', gives: { code: 'ERR_BAD_RESPONSE', status: 200 } },
  ],
  [
    'a truncated encoded body',
    get('/truncated'),
    { differs: 'a truncated or unknown encoding is an error', gives: { code: 'Z_BUF_ERROR', status: 200 } },
  ],
  [
    'a corrupt encoded body',
    get('/corrupt'),
    { differs: 'an AxiosError is named `AxiosError`', gives: { code: 'Z_DATA_ERROR', status: 200 } },
  ],
  [
    'a redirect elsewhere',
    get('/redirect?as=302&to=http://localhost:1/'),
    { differs: 'no redirect leaves the endpoint', gives: { code: 'ERR_FR_REDIRECTION_FAILURE' } },
  ],
  [
    'an absolute URL',
    () => ({ url: `${address}/json` }),
    { differs: 'no absolute URL', gives: { code: 'ERR_NOT_SUPPORT' } },
  ],
  ['a data URL', get('data:,a'), { differs: 'no absolute URL', gives: { code: 'ERR_NOT_SUPPORT' } }],
  [
    'an agent',
    get('/json', { httpAgent: new Agent() }),
    { differs: 'no option of connections', gives: { code: 'ERR_NOT_SUPPORT' } },
  ],
  ['a reset', get('/reset'), { differs: 'an AxiosError is named `AxiosError`', gives: { code: 'ECONNRESET' } }],
  [
    'half a body as stream',
    get('/half', { responseType: 'stream' }),
    {
      differs: 'an error of a stream is an AxiosError',
      gives: { data: { streamFailed: 'AxiosError', code: 'ECONNRESET' } },
    },
  ],
  [
    'a timeout in the body',
    get('/drip', { timeout: 500 }),
    { differs: '`timeout` bounds the body too', gives: { code: 'ECONNABORTED' } },
  ],
  [
    'a timeout in a stream',
    get('/drip', { timeout: 500, responseType: 'stream' }),
    {
      differs: '`timeout` bounds the body too',
      gives: { data: { streamFailed: 'AxiosError', code: 'ECONNABORTED' } },
    },
  ],
  [
    'a bomb above maxReplyBytes',
    get('/bomb'),
    { differs: 'no reply above `maxReplyBytes`', gives: { code: 'ERR_BAD_RESPONSE' } },
  ],
  [
    'responseType formdata',
    get('/json', { responseType: 'formdata' }),
    { differs: 'no `responseType: formdata`', gives: { code: 'ERR_NOT_SUPPORT' } },
  ],
];

describe('parleyAdapter', () => {
  it.each(same)("does as axios' own adapter: %s", async (_, make) => {
    const [expected, actual] = [await outcome(theirs, make()), await outcome(ours, make())];
    expect(actual).toEqual(expected);
  });

  it.each(differs)('differs on purpose: %s', async (_, make, { gives }) => {
    const [expected, actual] = [await outcome(theirs, make()), await outcome(ours, make())];
    expect(actual).toMatchObject(gives);
    expect(actual).not.toEqual(expected); // or it belongs above
  });

  it('has the request in the reply, without its headers', async () => {
    const { differs } = { differs: '`response.request` has no headers and no socket' };
    expect(differs).toMatch(/^`response.request`/);
    const { request } = await ours.get('/json', { headers: { authorization: 'Bearer x' } });
    expect([request.method, request.path, request.res.responseUrl]).toEqual(['GET', '/json', `${address}/json`]);
    expect(inspect(request, { depth: 9, showHidden: true })).not.toMatch(/Bearer/);
  });
});
