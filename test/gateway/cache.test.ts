import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createUpstream, parleyFetch } from '@parley/client';
import { CallError, cacheControl, defineContract, get } from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import { request } from 'undici';
import { z } from 'zod';
import type { ContractOperation } from '../../packages/local/src/gateways/policy/policy-table.ts';
import { eventually } from '../eventually.ts';
import { type GatewayHome, gatewayHome } from '../gateway-home.ts';
import { kindOf, type RunningGateway, startGateway, testedGateways } from '../running-gateway.ts';

/** An operation whose replies nginx keeps, at `/api/NAME/{id}`: each test has ids of its own. */
function kept(name: string, maxAgeS: number, staleWhileRevalidateS = 0, staleIfErrorS = 0): ContractOperation {
  const stale = [
    staleWhileRevalidateS && `, stale-while-revalidate=${staleWhileRevalidateS}`,
    staleIfErrorS && `, stale-if-error=${staleIfErrorS}`,
  ];
  const control = ['public, max-age=', maxAgeS, ...stale].filter(Boolean).join('');
  const cache = { scope: 'public', maxAgeS, staleWhileRevalidateS, staleIfErrorS, control } as const;
  return { name, method: 'GET', path: `/api/${name}/{id}`, isSafe: true, cache };
}

const operations = [
  kept('long', 60),
  kept('brief', 1),
  kept('renewed', 1, 60),
  kept('lasting', 1, 0, 60),
  kept('ending', 1, 0, 1),
  { name: 'other', method: 'GET', path: '/api/other/{id}', isSafe: true },
];
const names = operations.map(({ name }) => name).filter((name) => name !== 'other');
const policy = `
requestTimeoutMs: 500
services:
  shop: { contract: a, operations: { ${names.map((name) => `${name}: { cache: true }`).join(', ')} } }
`;

const textCache = { maxAgeS: 60, staleWhileRevalidateS: 5, scope: 'public' } as const;
const texts = defineContract('texts', {
  read: get('/texts/{id}', {
    summary: 'A text',
    input: z.object({ id: z.string(), language: z.string().optional() }),
    output: z.object({ id: z.string(), language: z.string().optional(), text: z.string() }),
    requestHeaders: { language: 'accept-language' },
    cache: textCache,
  }),
});
const textControl = String(cacheControl(texts.operations.read));
const textOperations: readonly ContractOperation[] = [
  { name: 'read', method: 'GET', path: '/texts/{id}', isSafe: true, cache: { ...textCache, control: textControl } },
];

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

/** A request as the service got it. */
interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What the service answers, with the words of the contract unless the answer has others. */
let answer: (asked: Asked) => Answer | Promise<Answer>;
let asked: Asked[] = [];
let home: GatewayHome;
let server: Server;
let gateway: RunningGateway;

const controlOf = (url: string) => operations.find(({ name }) => url.startsWith(`/api/${name}/`))?.cache?.control;

async function serve(port = 0): Promise<number> {
  server = createServer(async (incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    asked.push({ method, url, headers });
    const { status = 200, headers: own = {}, body = `${asked.length}` } = await answer({ method, url, headers });
    const control = controlOf(url) ?? 'private, no-cache';
    const all = { 'content-type': 'text/plain', etag: `"${body}"`, 'cache-control': control, ...own };
    response.writeHead(status, all as Record<string, string>).end(method === 'HEAD' ? undefined : body);
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

async function stopServing(): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** It alone keeps replies. */
const nginx = testedGateways().find((name) => kindOf(name) === 'nginx');
const describeWithNginx = nginx ? describe : describe.skip;

beforeAll(async () => {
  if (!nginx) return;
  home = gatewayHome(policy, new Map([['shop', operations]]));
  gateway = await startGateway(nginx, { shop: [`127.0.0.1:${await serve()}`] }, home.folder);
}, 30_000);
afterAll(async () => {
  await gateway?.stop();
  home?.remove();
  await stopServing();
});
beforeEach(() => {
  answer = () => ({});
  asked = [];
});

type Init = { readonly method?: 'GET' | 'HEAD'; readonly headers?: Readonly<Record<string, string>> };

/** Asks the gateway. The result as `status body` with what the gateway's cache says. */
async function ask(path: string, init: Init = {}): Promise<string> {
  const { statusCode, body, status } = await reply(path, init);
  return [statusCode, body, status].filter((part) => part !== '').join(' ');
}

async function reply(path: string, { method = 'GET', headers = {} }: Init = {}) {
  const got = await request(`${gateway.url}/api/${path}`, { method, headers });
  const status = String(got.headers['cache-status'] ?? 'nothing').replace('parley-gateway; ', '');
  return { statusCode: got.statusCode, headers: got.headers, body: await got.body.text(), status };
}

/** Waits until what is kept of a path is stale; another path that was asked for later is stale then too. */
async function untilStale(): Promise<void> {
  const probe = `brief/${Math.random()}`;
  await ask(probe);
  await eventually(async () => (await ask(probe)).endsWith('fwd=stale; stored'));
  asked = [];
}

describeWithNginx(`the cache of ${nginx}, before a service of the kit`, () => {
  let ran = 0;
  let service: StartedService;
  let front: RunningGateway;
  let textsHome: GatewayHome;
  beforeAll(async () => {
    if (!nginx) return;
    textsHome = gatewayHome(
      'services: { texts: { contract: a, operations: { read: { cache: true } } } }',
      new Map([['texts', textOperations]]),
    );
    service = await startService(texts, {
      async read({ id, language }) {
        ran++;
        if (id === 'none') throw new CallError('not_found', 'there is none');
        return { id, language, text: 'x'.repeat(5_000) };
      },
    });
    front = await startGateway(nginx, { texts: [new URL(service.url).host] }, textsHome.folder);
  }, 30_000);
  afterAll(async () => {
    await front?.stop();
    await service?.stop();
    textsHome?.remove();
  });

  const ask = (id: string, headers: Readonly<Record<string, string>> = {}) =>
    request(`${front.url}/texts/${id}`, { headers });

  it('keeps its replies apart by language and by encoding', async () => {
    const gzip = { 'accept-encoding': 'gzip' };
    const all = [{ ...gzip, 'accept-language': 'en' }, gzip, {}, { ...gzip, 'accept-language': 'fr' }];
    for (const time of ['miss', 'hit']) {
      for (const headers of all) {
        const { headers: got, body } = await ask('one', headers);
        expect(got['cache-status']).toContain(time);
        expect(got['content-encoding']).toBe('accept-encoding' in headers ? 'gzip' : undefined);
        const bytes = Buffer.from(await body.arrayBuffer());
        const text = String('accept-encoding' in headers ? gunzipSync(bytes) : bytes);
        expect(JSON.parse(text).language).toBe('accept-language' in headers ? headers['accept-language'] : undefined);
      }
    }
    expect(ran).toBe(all.length);
  });

  it('keeps no problem', async () => {
    for (const _ of ['first', 'second']) {
      const { statusCode, headers, body } = await ask('none');
      await body.dump();
      expect([statusCode, headers['cache-status']]).toEqual([404, 'parley-gateway; fwd=miss']);
    }
  });
});

describeWithNginx(`the cache of ${nginx}`, () => {
  it('asks the service while it has nothing, and not while it has a fresh reply', async () => {
    expect(await ask('long/a')).toBe('200 1 fwd=miss; stored');
    expect([await ask('long/a'), await ask('long/a?page=2'), await ask('long/a')]).toEqual([
      '200 1 hit',
      '200 2 fwd=miss; stored',
      '200 1 hit',
    ]);
  });

  it('sends one of a hundred requests at once to the service', async () => {
    let respond = (_: Answer) => {};
    answer = () => new Promise((resolve) => (respond = resolve));
    const all = Array.from({ length: 100 }, () => ask('long/hundred'));
    await eventually(() => asked.length > 0);
    respond({ body: 'shared' });
    const counted = Map.groupBy(await Promise.all(all), (one) => one);
    expect([...counted].map(([text, { length }]) => [text, length]).sort()).toEqual([
      ['200 shared fwd=miss; stored', 1],
      ['200 shared hit', 99],
    ]);
    expect(asked).toHaveLength(1);
  });

  it('keeps no reply of an operation without cache in the policy, nor of a path without an operation', async () => {
    for (const path of ['other/a', 'long/a/b']) {
      expect([await ask(path), await ask(path)].map((text) => text.split(' ').at(-1))).toEqual(['nothing', 'nothing']);
    }
    expect(asked).toHaveLength(4);
  });

  it('says by the Date of the service how old a reply is', async () => {
    const date = new Date(Date.now() - 50_000).toUTCString();
    answer = () => ({ headers: { date } });
    await ask('long/old');
    expect((await reply('long/old')).headers.date).toBe(date);
  });

  it('leaves the cache of a client no more time than is left', async () => {
    answer = () => ({ headers: { date: new Date(Date.now() - 50_000).toUTCString() } });
    await ask('long/tiers');
    const upstream = createUpstream('shop', gateway.url, { cache: true });
    try {
      const read = () => parleyFetch(upstream)(`${gateway.url}/api/long/tiers`);
      await (await read()).text();
      const { headers } = await read();
      expect(headers.get('cache-status')).toMatch(/^parley-gateway; hit, parley; hit; ttl=(?:[1-9]|10)$/);
      expect(Number(headers.get('age'))).toBeGreaterThanOrEqual(50);
    } finally {
      await upstream.close();
    }
  });

  it('asks for a whole new reply once the old one is stale, so that its headers are those of the new one', async () => {
    answer = () => ({ headers: { 'x-shown': `${asked.length}` } });
    await ask('brief/a');
    await untilStale();
    expect(await ask('brief/a')).toBe('200 1 fwd=stale; stored');
    expect(asked[0]?.headers).not.toHaveProperty('if-none-match');
    expect((await reply('brief/a')).headers['x-shown']).toBe('1');
  });

  it('answers 304 to a caller that has the reply', async () => {
    answer = () => ({ body: 'same' });
    await ask('long/tag');
    expect(await ask('long/tag', { headers: { 'if-none-match': 'W/"same"' } })).toBe('304 hit');
    expect(await ask('long/tag', { headers: { 'if-none-match': '"other"' } })).toBe('200 same hit');
    // The service need not know that only this caller has it: the others would get its 304.
    expect(await ask('long/cold', { headers: { 'if-none-match': '"same"' } })).toBe('304 fwd=miss; stored');
    expect(await ask('long/cold')).toBe('200 same hit');
    expect(asked).toHaveLength(2);
  });

  it('gives the old reply within stale-while-revalidate, while one request asks for a new one', async () => {
    await ask('renewed/a');
    await untilStale();
    let respond = (_: Answer) => {};
    answer = () => new Promise((resolve) => (respond = resolve));
    const stale = '200 1 hit; detail="stale-while-revalidate"';
    // Connections of their own: nginx keeps that of the first one until the new reply is there.
    expect(await Promise.all([ask('renewed/a'), ask('renewed/a'), ask('renewed/a')])).toEqual([stale, stale, stale]);
    await eventually(() => asked.length > 0);
    respond({ body: 'new' });
    await eventually(async () => (await ask('renewed/a')) === '200 new hit');
    expect(asked).toHaveLength(1);
  });

  it('gives an old reply for a HEAD too, and renews the whole of it', async () => {
    await ask('renewed/head');
    await untilStale();
    expect(await ask('renewed/head', { method: 'HEAD' })).toBe('200 hit; detail="stale-while-revalidate"');
    await eventually(async () => (await ask('renewed/head')) === '200 1 hit');
    expect(asked.map(({ method }) => method)).toEqual(['GET']);
  });

  it('stands in for a service that is gone as long as stale-if-error says, and says so', async () => {
    for (const path of ['lasting/a', 'ending/a', 'brief/gone']) await ask(path);
    const { port } = server.address() as AddressInfo;
    await untilStale();
    await stopServing();
    try {
      expect(await ask('lasting/a')).toBe('200 1 hit; detail="stale-if-error"');
      expect((await reply('brief/gone')).statusCode).toBe(503);
      await eventually(async () => (await reply('ending/a')).statusCode === 503);
      expect(await ask('lasting/a')).toMatch(/stale-if-error/);
      // Nothing is kept of it.
      const { statusCode, headers } = await reply('lasting/cold');
      expect([statusCode, headers['content-type'], headers['cache-control']]).toEqual([
        503,
        'application/problem+json',
        'no-store',
      ]);
    } finally {
      await serve(port);
    }
    await eventually(async () => (await ask('lasting/cold')).startsWith('200'));
  });

  it('stands in for a service that does not answer in time', async () => {
    await ask('lasting/slow');
    await untilStale();
    answer = () => new Promise(() => {});
    expect(await ask('lasting/slow')).toBe('200 1 hit; detail="stale-if-error"');
  });

  it('gives the old reply within stale-while-revalidate of a service that is gone, and the new one once it is back', async () => {
    await ask('renewed/gone');
    const { port } = server.address() as AddressInfo;
    await untilStale();
    await stopServing();
    try {
      for (let time = 0; time < 3; time++)
        expect(await ask('renewed/gone')).toBe('200 1 hit; detail="stale-while-revalidate"');
    } finally {
      await serve(port);
    }
    answer = () => ({ body: 'back' });
    await eventually(async () => (await ask('renewed/gone')) === '200 back hit');
  });

  it.each([404, 429, 500, 503])('does not hide a %d that the service answers itself', async (status) => {
    await ask(`lasting/${status}`);
    await untilStale();
    answer = () => ({ status, headers: { 'cache-control': 'no-store' }, body: 'problem' });
    expect(await ask(`lasting/${status}`)).toBe(`${status} problem fwd=stale`);
  });

  it('keeps one reply for each value of what Vary names', async () => {
    answer = ({ headers }) => ({ headers: { vary: 'accept-language' }, body: `in ${headers['accept-language']}` });
    const seen = [];
    for (const language of ['en', 'fr', 'en', 'fr'])
      seen.push(await ask('long/vary', { headers: { 'accept-language': language } }));
    expect(seen).toEqual([
      '200 in en fwd=miss; stored',
      '200 in fr fwd=miss; stored',
      '200 in en hit',
      '200 in fr hit',
    ]);
  });

  it('answers HEAD from a GET, and asks the service for the whole reply', async () => {
    expect(await ask('long/head', { method: 'HEAD' })).toBe('200 fwd=miss; stored');
    expect([await ask('long/head'), await ask('long/head', { method: 'HEAD' })]).toEqual(['200 1 hit', '200 hit']);
    expect(asked.map(({ method }) => method)).toEqual(['GET']);
  });

  it.each([
    { authorization: 'Bearer a' },
    { cookie: 'session=1' },
    { range: 'bytes=0-0' },
    { 'if-match': '"1"' },
    { 'cache-control': 'no-store' },
  ])('neither answers nor keeps the reply to a request with %j', async (headers: Record<string, string>) => {
    const path = `long/${Object.keys(headers)[0]}`;
    expect(await ask(path, { headers })).toBe('200 1 nothing');
    expect(await ask(path)).toBe('200 2 fwd=miss; stored');
    expect(await ask(path, { headers })).toBe('200 3 nothing');
    expect(asked[2]?.headers).toMatchObject(headers);
    expect(await ask(path)).toBe('200 2 hit');
  });

  it.each([
    { 'x-min-versions': 'shop=42' },
    { 'cache-control': 'no-cache' },
    { 'cache-control': 'max-age=0' },
    { pragma: 'no-cache' },
  ])(
    'has the service answer a request with %j, and keeps that newer reply',
    async (headers: Record<string, string>) => {
      const path = `long/newer-${Object.values(headers)[0]}-${Object.keys(headers)[0]}`;
      await ask(path);
      expect(await ask(path, { headers })).toBe('200 2 fwd=request; stored');
      expect(asked[1]?.headers).toMatchObject(headers);
      expect(await ask(path)).toBe('200 2 hit');
    },
  );

  it.each<[string, Record<string, string | string[]>]>([
    ['no-store', { 'cache-control': 'no-store' }],
    ['private', { 'cache-control': 'private, max-age=60' }],
    ['another max-age', { 'cache-control': 'public, max-age=600' }],
    ['two max-age', { 'cache-control': 'public, max-age=60, max-age=0' }],
    ['two lines of Cache-Control', { 'cache-control': ['public, max-age=60', 'no-store'] }],
    ['an odd Cache-Control', { 'cache-control': 'public, max-age="60' }],
    ['an empty Cache-Control', { 'cache-control': '' }],
    ['a cookie', { 'set-cookie': 'session=1' }],
    ['Vary: *', { vary: '*' }],
    ['a * in Vary', { vary: 'accept-language, *' }],
    ['an Age', { age: '30' }],
    ['X-Accel-Expires, which is for nginx', { 'cache-control': 'no-store', 'x-accel-expires': '60' }],
  ])('does not keep a reply with %s', async (what, headers) => {
    answer = () => ({ headers });
    const path = `long/${encodeURIComponent(what)}`;
    // nginx before 1.23 has the first of two lines in a variable: it says stored then, and stores nothing.
    const stored = what.startsWith('two lines') ? '(; stored)?' : '';
    expect(await ask(path)).toMatch(new RegExp(`^200 1 fwd=miss${stored}$`));
    expect(await ask(path)).toMatch(new RegExp(`^200 2 fwd=miss${stored}$`));
  });

  it('keeps no reply with another status than 200', async () => {
    answer = () => ({ status: 203 });
    expect([await ask('long/203'), await ask('long/203')]).toEqual(['203 1 fwd=miss', '203 2 fwd=miss']);
  });

  it('keeps replies apart by host', async () => {
    expect(await ask('long/host', { headers: { host: 'a.example' } })).toBe('200 1 fwd=miss; stored');
    expect(await ask('long/host', { headers: { host: 'b.example' } })).toBe('200 2 fwd=miss; stored');
    expect(await ask('long/host', { headers: { host: 'A.example:80' } })).toBe('200 1 hit');
  });

  it('gives each caller a request id of its own', async () => {
    const ids = [await reply('long/id'), await reply('long/id')].map(({ headers }) => headers['x-request-id']);
    expect(new Set(ids).size).toBe(2);
  });
});
