import { generateKeyPairSync } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  authScheme,
  bytes,
  content,
  defineContract,
  defineError,
  del,
  form,
  get,
  mergePatch,
  multipart,
  patch,
  post,
  stream,
  text,
  withBody,
} from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import { z } from 'zod';
import { type Call, callOperation } from './call-operation.ts';
import { type OpenApiDocument, operationNamed, operationsOf, readDocument } from './document.ts';

const count = z.object({ n: z.number() });
const key = authScheme('key', { type: 'apiKey', in: 'header', name: 'X-Api-Key' });
const session = authScheme('session', { type: 'apiKey', in: 'cookie', name: 'session' });
const noPrice = defineError('no_price', {
  status: 404,
  title: 'No price',
  data: z.object({ known: z.array(z.string()) }),
});

/** Bodies of every kind. */
const kinds = defineContract('kinds', {
  readFile: get('/files/{path*}', { summary: 's', input: z.object({ path: z.string() }), output: text() }),
  readImage: get('/image', { summary: 's', output: bytes({ type: 'image/png' }) }),
  watch: get('/watch', {
    summary: 's',
    input: z.object({ most: z.number() }),
    output: stream(count, { as: 'ndjson' }),
  }),
  listen: get('/listen', { summary: 's', output: stream(count, { as: 'sse' }) }),
  sendText: post('/text', {
    summary: 's',
    input: withBody(z.object({ at: z.string().optional() }), text()),
    output: z.object({ got: z.string() }),
  }),
  sendBytes: post('/bytes/{id}', {
    summary: 's',
    input: withBody(z.object({ id: z.string() }), bytes()),
    output: z.object({ got: z.number() }),
  }),
  sendList: post('/list', {
    summary: 's',
    input: withBody(z.object({ by: z.number() }), z.array(z.number())),
    output: withBody(z.object({ total: z.number() }), z.array(z.number())),
    responseHeaders: { total: 'X-Total-Count' },
  }),
  sendForm: post('/form', { summary: 's', input: form(z.object({ n: z.number() })), output: count }),
  sendFiles: post('/files', { summary: 's', input: multipart(z.object({ file: z.file() })), output: count }),
  change: patch('/things/{id}', {
    summary: 's',
    input: mergePatch(z.object({ id: z.string(), name: z.string().nullish() })),
    output: z.object({ id: z.string(), name: z.string().nullish() }),
  }),
  remove: del('/things/{id}', { summary: 's', input: z.object({ id: z.string() }) }),
  secret: get('/secret', { summary: 's', auth: 'service', output: count }),
  byKey: get('/by-key', { summary: 's', auth: [session, key], output: z.object({ who: z.string() }) }),
  bySession: get('/by-session', { summary: 's', auth: session, output: count }),
  price: get('/price', { summary: 's', output: count, errors: [noPrice] }),
});

const { publicKey } = generateKeyPairSync('ed25519');

let service: StartedService;
let document: OpenApiDocument;
/** What the client sent last. */
let sent: IncomingHttpHeaders;
beforeAll(async () => {
  service = await startService(
    kinds,
    {
      readFile: async ({ path }) => `content of ${path}`,
      readImage: async () => content(new Uint8Array([1, 2]), { type: 'image/png' }),
      async *watch({ most }) {
        for (let n = 0; n < most; n++) yield { n };
      },
      async *listen() {
        yield { n: 7 };
      },
      sendText: async ({ body }) => ({ got: body }),
      sendBytes: async ({ body }) => ({ got: (await body.bytes()).length }),
      sendList: async ({ by, body }) => ({ total: body.length, body: body.map((one) => one * by) }),
      sendForm: async ({ n }) => ({ n }),
      sendFiles: async () => ({ n: 1 }),
      change: async ({ id, name }) => ({ id, name }),
      remove: async () => {},
      secret: async () => ({ n: 1 }),
      byKey: async (_input, context) => ({ who: String(context?.principal?.subject) }),
      bySession: async () => ({ n: 1 }),
      price: async () => {
        throw noPrice('no price of milk', { known: ['tea', 'cup'] });
      },
    },
    {
      middleware: [
        (request, _response, next) => {
          sent = request.headers;
          next();
        },
      ],
      authenticate: {
        key: ({ headers }) => (headers['x-api-key'] === 'k-1' ? { subject: 'till 7' } : undefined),
        session: () => undefined,
      },
      tokens: { issuer: 'https://issuer.example', jwks: { keys: [publicKey.export({ format: 'jwk' })] } },
    },
  );
  document = await readDocument('kinds', ['http://127.0.0.1:9', service.url]);
});
afterAll(() => service.stop());

async function call(name: string, words: string, change: Partial<Call> = {}): Promise<unknown> {
  let result: unknown;
  const wanted: Call = {
    service: 'kinds',
    addresses: [service.url],
    document,
    operation: operationNamed(name, 'kinds', change.document ?? document),
    words: words.split(' ').filter(Boolean),
    readFile: async () => new TextEncoder().encode('file'),
    isChecked: true,
    isExplained: false,
    timeoutMs: 5_000,
    idempotencyKey: undefined,
    token: undefined,
    ...change,
  };
  await callOperation(wanted, async ({ value }) => {
    if (typeof value === 'object' && value !== null && Symbol.asyncIterator in value) {
      const items: unknown[] = [];
      for await (const item of value as AsyncIterable<unknown>) items.push(item);
      result = items;
    } else if (typeof value === 'object' && value !== null && 'bytes' in value) {
      result = [...(await (value as { bytes(): Promise<Uint8Array> }).bytes())];
    } else result = value;
  });
  return result;
}

describe('an operation that only a document describes', () => {
  it.each([
    ['readFile', 'path=a/b.txt', 'content of a/b.txt'],
    ['readImage', '', [1, 2]],
    ['watch', 'most=2', [{ n: 0 }, { n: 1 }]],
    ['listen', '', [{ n: 7 }]],
    ['sendText', 'body=hi at=noon', { got: 'hi' }],
    ['sendBytes', 'id=1 body=@x', { got: 4 }],
    ['sendList', 'by=2 body:=[1,2]', { xTotalCount: '2', body: [2, 4] }],
    ['sendForm', 'n=3', { n: 3 }],
    ['change', 'id=1 name:=null', { id: '1', name: null }],
    ['remove', 'id=1', undefined],
  ])('%s %s gives %j', async (name, words, value) => {
    expect(await call(name, words)).toEqual(value);
  });

  it('with files is refused, and says what to do', async () => {
    await expect(call('sendFiles', 'file=@x', { isChecked: false })).rejects.toThrow('got a form with files: use curl');
  });

  it('that is a stream has no timeline', async () => {
    await expect(call('watch', 'most=1', { isExplained: true })).rejects.toThrow(
      '--explain: expected an operation with one reply, got watch',
    );
  });

  it('that is a stream has the time limit for its first item', async () => {
    await call('listen', '', { timeoutMs: 60_000 });
    expect(Number(sent['x-request-timeout-ms'])).toBeGreaterThan(20_000);
  });

  it('that asks for a token says how to give one, and shows none', async () => {
    await expect(call('secret', '')).rejects.toMatchObject({
      exit: 'failed',
      message: expect.stringMatching(
        /GET \/secret: expected a reply, got unauthenticated \(401\): .*: set PARLEY_TOKEN/,
      ),
    });
    const wrong = await call('secret', '', { token: 'a-token-of-mine' }).catch((error: Error) => error);
    expect(String((wrong as Error).message)).toContain('unauthenticated');
    expect(JSON.stringify(wrong) + (wrong as Error).message).not.toContain('a-token-of-mine');
  });

  it('that takes an API key gets the one that is given', async () => {
    expect(await call('byKey', '', { token: 'k-1' })).toEqual({ who: 'till 7' });
    await expect(call('byKey', '')).rejects.toThrow(/unauthenticated \(401\): .*: set PARLEY_TOKEN to a key for it/);
    await expect(call('byKey', '', { token: 'k-2' })).rejects.toThrow(
      /unauthenticated \(401\): .*: it has refused PARLEY_TOKEN, sent as x-api-key/,
    );
  });

  it('that takes neither a token nor a key in a header says so', async () => {
    await expect(call('bySession', '', { token: 'k-1' })).rejects.toThrow(
      /unauthenticated \(401\): .*: parley call sends bearer tokens, and API keys in headers: use curl/,
    );
  });

  it('shows the data of an error of the contract', async () => {
    await expect(call('price', '')).rejects.toMatchObject({ lines: ['  known: ["tea","cup"]'] });
  });

  it('is found behind a path that is a reference, and of every method', () => {
    const pathItems = { things: { get: { operationId: 'list' }, query: { operationId: 'find' } } };
    const paths = {
      '/things': { $ref: '#/components/pathItems/things' },
      '/elsewhere': { $ref: 'other.json#/components/pathItems/things' },
    };
    const found = operationsOf({ paths, components: { pathItems } });
    expect(found.map(({ name, method, path }) => [name, method, path])).toEqual([
      ['list', 'get', '/things'],
      ['find', 'query', '/things'],
    ]);
  });

  it('cannot be called where no operation of a contract has its method', async () => {
    const paths = { '/things': { query: { operationId: 'find' } } };
    await expect(call('find', '', { document: { paths } })).rejects.toThrow(
      'find (QUERY /things) cannot be called from here: expected get, post, put, patch, delete, got query: use curl',
    );
  });

  it('is found by method and path where its document has no name for it', () => {
    const unnamed = { responses: {}, security: [{ token: [] }] };
    expect(operationsOf({ paths: { '/secret': { get: unnamed } } })[0]).toMatchObject({
      name: 'GET /secret',
      isProtected: true,
    });
  });
});
