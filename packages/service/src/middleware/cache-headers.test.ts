import { describe, expect, it, jest } from '@jest/globals';
import { authScheme, bytes, defineContract, get, type Handlers, patch } from '@parley/contract';
import type { RequestHandler } from 'express';
import supertest from 'supertest';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { createApp } from '../app.ts';
import { version } from '../replies/version.ts';

const output = z.object({ text: z.string() });
const texts = defineContract('texts', {
  getText: get('/text', {
    summary: 'Gets it',
    input: z.object({ language: z.string().optional() }),
    output,
    requestHeaders: { language: 'Accept-Language' },
    cache: { maxAgeS: 60, staleIfErrorS: 600, scope: 'public' },
  }),
  getOther: get('/other', { summary: 'Gets another', output }),
  changeText: patch('/text', { summary: 'Changes it', input: output, output }),
});

describe.each(protocols)('cache-headers over $protocol', ({ request }) => {
  const work = jest.fn();
  function texting(changed: Partial<Handlers<typeof texts>> = {}) {
    const log = capturedLog();
    const handlers: Handlers<typeof texts> = {
      async getText({ language = 'en' }) {
        version(7, language);
        work();
        return { text: 'x'.repeat(2000) };
      },
      getOther: async () => ({ text: 'other' }),
      async changeText({ text }) {
        version(7, 'en');
        work();
        return { text };
      },
      ...changed,
    };
    work.mockClear();
    return { app: request(createApp(texts, handlers, { logger: log.logger, compressBelow: 1 })), log };
  }

  it('says what the contract says', async () => {
    const { app } = texting();
    const { headers } = await app.get('/text').set('accept-encoding', 'identity').expect(200);
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=60, stale-if-error=600',
      vary: 'accept-language, Accept-Encoding',
      etag: '"7:en"',
    });
    expect((await app.get('/other')).headers['cache-control']).toBe('private, no-cache');
    expect((await app.get('/openapi.json')).headers['cache-control']).toBe('private, no-cache');
    expect((await app.patch('/text').send({ text: 'new' })).headers).not.toHaveProperty('cache-control');
  });

  it.each(['"7:en"', 'W/"7:en"', '"6:en", "7:en"', '*', '"7:en--gzip"', '"a,b" , W/"7:en--br"'])(
    'answers 304 to a client that has %s, without running the work',
    async (known) => {
      const { app, log } = texting();
      const reply = await app.get('/text').set('if-none-match', known).expect(304);
      expect(reply.text).toBe('');
      expect(reply.headers).toMatchObject({
        'cache-control': 'public, max-age=60, stale-if-error=600',
        vary: 'accept-language, Accept-Encoding',
        etag: expect.stringMatching(/^"7:en(--\w+)?"$/),
      });
      expect(reply.headers).not.toHaveProperty('content-type');
      expect(reply.headers).not.toHaveProperty('content-encoding');
      expect(work).not.toHaveBeenCalled();
      expect(log.lines.map(({ level, msg, status }) => [level, msg, status])).toEqual([['info', 'request', 304]]);
    },
  );

  it('answers 200 to a client that has another version', async () => {
    const { app } = texting();
    await app.get('/text').set('if-none-match', '"7:fr"').expect(200);
    await app.get('/text').set('if-none-match', '"7:en"').set('accept-language', 'fr').expect(200);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('answers HEAD as it does GET', async () => {
    const { app } = texting();
    const ask = { 'accept-encoding': 'identity' };
    const got = await app.get('/text').set(ask).expect(200);
    const { headers } = await app.head('/text').set(ask).expect(200);
    for (const name of Object.keys(got.headers).filter((one) => !/^(date|x-request-id)$/.test(one))) {
      expect([name, headers[name]]).toEqual([name, got.headers[name]]);
    }
    await app.head('/text').set('if-none-match', '"7:en"').expect(304);
  });

  it('lets only a client that knows the version change it', async () => {
    const { app, log } = texting();
    const change = (headers: Record<string, string>) => app.patch('/text').set(headers).send({ text: 'new' });
    const { body, headers } = await change({ 'if-match': '"6:en"' }).expect(412);
    expect(body).toMatchObject({ type: 'urn:parley:problem:precondition_failed', status: 412 });
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    await change({ 'if-none-match': '*' }).expect(412);
    await change({ 'if-match': 'W/"7:en"' }).expect(412);
    expect(work).not.toHaveBeenCalled();
    await change({ 'if-match': '"7:en"' }).expect(200);
    await change({ 'if-match': '"6:en", "7:en--gzip"' }).expect(200);
    await change({ 'if-match': '*' }).expect(200);
    await change({}).expect(200);
    expect(log.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('lets no cache keep a failure or take it for the version', async () => {
    const { app } = texting({
      async getText() {
        version(7);
        throw new Error('no');
      },
    });
    const { headers } = await app.get('/text').expect(500);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers.etag).not.toBe('"7"');
  });
});

describe('what a reply depends on', () => {
  const key = (where: 'header' | 'cookie' | 'query') =>
    authScheme(where, { type: 'apiKey', in: where, name: `x-${where}` });
  const text = { summary: 'Gets it', output };
  const kept = { ...text, cache: { maxAgeS: 60, scope: 'private' } } as const;
  const texts = defineContract('texts', {
    byAnybody: get('/anybody', { ...text, cache: { maxAgeS: 60, scope: 'public' } }),
    bySchemes: get('/schemes', { ...kept, auth: [key('header'), key('cookie'), key('query')] }),
    bySignature: get('/signature', {
      ...text,
      auth: authScheme('hmac', { type: 'http', scheme: 'hmac' }),
      mayCompress: false,
    }),
    byBytes: get('/bytes', { summary: 'Gets it', output: bytes() }),
  });
  const say = async () => ({ text: 'a' });
  const handlers = {
    byAnybody: say,
    bySchemes: say,
    bySignature: say,
    byBytes: async () => new Uint8Array(1),
  };
  const known = async () => ({ subject: 'Ada' });
  const options = {
    logger: capturedLog().logger,
    authenticate: { header: known, cookie: known, query: known, hmac: known },
    cors: { origins: ['https://app.test'] },
  };

  it.each([
    ['/anybody', 'Origin, Accept-Encoding'],
    ['/schemes', 'Origin, x-header, Cookie, Accept-Encoding'],
    ['/signature', 'Origin, Authorization'],
    ['/bytes', 'Origin'],
  ])('of %s is all in Vary: %s', async (path, vary) => {
    expect(
      (
        await supertest(createApp(texts, handlers, options))
          .get(path)
          .expect(200)
      ).headers.vary,
    ).toBe(vary);
  });

  it('is no origin where all may call', async () => {
    const open = defineContract('texts', { byAnybody: texts.operations.byAnybody });
    const app = createApp(open, { byAnybody: say }, { logger: options.logger, cors: { origins: ['*'] } });
    const { headers } = await supertest(app).get('/anybody').set('origin', 'https://app.test').expect(200);
    expect(headers).toMatchObject({ vary: 'Accept-Encoding', 'access-control-allow-origin': '*' });
  });

  it('is its caller alone, where it sets a cookie, a 304 too; a failure stays out of all caches', async () => {
    const middleware = [
      ((_req, res, next) => void next(res.setHeader('Set-Cookie', 'session=1') && undefined)) as RequestHandler,
    ];
    const app = createApp(
      texts,
      { ...handlers, byAnybody: async () => ({ text: String(version(1)) }) },
      { ...options, middleware },
    );
    for (const headers of [{}, { 'if-none-match': '"1"' }] as Record<string, string>[]) {
      const reply = await supertest(app).get('/anybody').set(headers);
      expect(reply.headers).toMatchObject({ 'cache-control': 'private, no-cache', 'set-cookie': ['session=1'] });
    }
    expect((await supertest(app).get('/anybody?x=%ff')).headers['cache-control']).toBe('no-store');
  });
});

describe('version', () => {
  it('does nothing outside a request', () => {
    expect(() => version(1)).not.toThrow();
  });

  it('can be any text, number or date', async () => {
    const app = createApp(
      texts,
      {
        getText: async () => {
          version('a"b,\u{1F642}\ud800', 5n, new Date(0));
          return { text: '' };
        },
        getOther: async () => ({ text: '' }),
        changeText: async () => ({ text: '' }),
      },
      { logger: capturedLog().logger },
    );
    const { headers } = await supertest(app).get('/text').expect(200);
    expect(headers.etag).toBe('"a%22b%2C%F0%9F%99%82%EF%BF%BD:5:1970-01-01T00%3A00%3A00.000Z"');
  });
});
