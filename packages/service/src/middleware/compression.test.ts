import type { Stream } from 'node:stream';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { defineContract, get, stream } from '@parley/contract';
import express, { type RequestHandler } from 'express';
import supertest from 'supertest';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { anyProtocol, protocols } from '../../test-fixtures/protocols.ts';
import { headOf, listening } from '../../test-fixtures/streamed.ts';
import { createApp } from '../app.ts';
import { listenToHeads } from '../express/before-head.ts';
import { listenToEnds } from '../express/reply-end.ts';
import { compression } from './compression.ts';

const { logger } = capturedLog();
const letter = defineContract('letter', {
  read: get('/letter', { summary: 'Reads it', output: z.object({ text: z.string() }) }),
});

/** An app whose replies have the hooks that `createApp` installs. */
const withReplyHooks = () => listenToEnds(listenToHeads(express()), { onEnd() {}, onLong() {} });

/** Has the client keep a body as it came. */
function bytes(res: Stream, done: (error: null, body: Buffer) => void) {
  const chunks: Buffer[] = [];
  res.on('data', (chunk) => chunks.push(Buffer.from(chunk, 'binary')));
  res.on('end', () => done(null, Buffer.concat(chunks)));
}

describe.each(protocols)('compression over $protocol', ({ request }) => {
  function server(bytes: number, headers: Record<string, string> = {}) {
    const app = anyProtocol(withReplyHooks());
    app.use(compression({ compressBelow: 1 }));
    app.get('/', (_req, res) => {
      res.set(headers).json('x'.repeat(bytes - 2));
    });
    return request(app);
  }

  const replying = (...of: Parameters<typeof server>) =>
    server(...of)
      .get('/')
      .set('accept-encoding', 'gzip');

  it('compresses from 1 KiB up', async () => {
    const { headers } = await replying(1024).expect(200);
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect((await replying(1023)).headers).not.toHaveProperty('content-encoding');
  });

  it.each([
    ['gzip, br', 'br'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['br;q=0.1, gzip', 'gzip'],
    ['*, zstd;q=0', 'br'],
  ])('gives to who takes %s %s', async (accepted, coding) => {
    const reply = await replying(2000).set('accept-encoding', accepted).buffer(true).parse(bytes);
    expect(reply.headers).toMatchObject({ 'content-encoding': coding, vary: 'Accept-Encoding' });
  });

  it.each(['', 'identity', '*;q=0', 'identity;q=0', 'deflate', 'zstd;q=0'])(
    'sends to a client that accepts %j the plain body, with Vary',
    async (accepted) => {
      const { headers, body } = await replying(2000).set('accept-encoding', accepted).expect(200);
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers).toMatchObject({ 'content-length': '2000', vary: 'Accept-Encoding' });
      expect(body).toHaveLength(1998);
    },
  );

  it.each([2000, 100_000])('sends %i bytes as zstd whole', async (length) => {
    const reply = await replying(length).set('accept-encoding', 'zstd').buffer(true).parse(bytes);
    expect(reply.headers).toMatchObject({ 'content-encoding': 'zstd', 'content-length': String(reply.body.length) });
    expect(JSON.parse(zstdDecompressSync(reply.body).toString())).toHaveLength(length - 2);
  });

  it.each([
    ['must not be transformed', { 'cache-control': 'no-transform' }],
    ['is compressed already', { 'content-type': 'image/png' }],
  ])('leaves alone what %s', async (_what, of) => {
    for (const coding of ['gzip', 'zstd']) {
      const { headers } = await replying(2000, of).set('accept-encoding', coding);
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers).not.toHaveProperty('vary');
    }
  });

  it.each(['gzip', 'br', 'zstd'])('gives a body encoded as %s a strong tag of its own', async (coding) => {
    const tagged = (tag: string) =>
      replying(2000, { etag: tag }).set('accept-encoding', coding).buffer(true).parse(bytes);
    expect((await tagged('"v1"')).headers.etag).toBe(`"v1--${coding}"`);
    expect((await tagged('W/"v1"')).headers.etag).toBe('W/"v1"');
    expect((await replying(100, { etag: '"v1"' })).headers.etag).toBe('"v1"');
  });

  it('knows its own tag again, in whatever encoding, and says it as the caller does', async () => {
    const asked = (known: string) => replying(2000, { etag: '"v1"' }).set('if-none-match', known);
    for (const known of ['"v1--gzip"', '"v1--br"', '"v1"']) {
      const { headers } = await asked(`"v0", ${known}`).expect(304);
      expect(headers).toMatchObject({ etag: known, vary: 'Accept-Encoding' });
      expect(headers).not.toHaveProperty('content-encoding');
    }
    await asked('"v2--gzip"').expect(200);
  });

  it.each(['gzip', 'br', 'zstd'])('says to HEAD what it would to GET, with %s', async (coding) => {
    const app = server(2000, { etag: '"v1"' });
    const got = await app.get('/').set('accept-encoding', coding).buffer(true).parse(bytes);
    const { headers } = await app.head('/').set('accept-encoding', coding).expect(200);
    for (const name of ['content-encoding', 'etag', 'vary', 'content-type']) {
      expect([name, headers[name]]).toEqual([name, got.headers[name]]);
    }
    expect(headers).not.toHaveProperty('content-length');
    const short = await server(500).head('/').set('accept-encoding', coding).expect(200);
    expect(short.headers).toMatchObject({ 'content-length': '500' });
  });

  // This client decodes br and gzip by itself.
  const textOf = (coding: string, body: Buffer) =>
    JSON.parse((coding === 'zstd' ? zstdDecompressSync(body) : body).toString()).text;

  it.each(['zstd', 'br', 'gzip'])('sends a short reply of an operation whole, as %s', async (coding) => {
    const text = 'é'.repeat(2000);
    const ends: string[] = [];
    const seeEnds: RequestHandler = (_req, res, next) => {
      const { end } = res;
      res.end = ((...args: Parameters<typeof end>) => {
        ends.push(String(args[0]));
        return end.apply(res, args);
      }) as typeof end;
      next();
    };
    const app = createApp(
      letter,
      { read: async () => ({ text }) },
      { logger, compressBelow: 1, middleware: [seeEnds] },
    );
    const reply = await request(app).get('/letter').set('accept-encoding', coding).buffer(true).parse(bytes);
    expect(reply.headers).toMatchObject({ 'content-encoding': coding, vary: 'Accept-Encoding' });
    expect(Number(reply.headers['content-length'])).toBeLessThan(100);
    expect(textOf(coding, reply.body)).toBe(text);
    // Middleware sees the body once, before it is encoded.
    expect(ends.map((one) => JSON.parse(one))).toEqual([{ text }]);
  });

  it('has ended once it is being compressed: a second end does nothing', async () => {
    const text = Array.from({ length: 50_000 }, (_, n) => n).join();
    const endAgain: RequestHandler = (_req, res, next) => {
      const { end } = res;
      res.end = ((...args: Parameters<typeof end>) => {
        const result = end.apply(res, args);
        if (!res.headersSent) res.status(503);
        if (!res.headersSent) end.call(res, 'timed out', 'utf8');
        return result;
      }) as typeof end;
      next();
    };
    const app = createApp(
      letter,
      { read: async () => ({ text }) },
      { logger, compressBelow: 1, middleware: [endAgain] },
    );
    const reply = await request(app)
      .get('/letter')
      .set('accept-encoding', 'zstd')
      .buffer(true)
      .parse(bytes)
      .expect(200);
    expect(reply.headers).toMatchObject({ 'content-encoding': 'zstd', 'content-length': String(reply.body.length) });
    expect(textOf('zstd', reply.body)).toBe(text);
  });

  it.each(['br', 'gzip'])('sends a long reply of an operation in pieces, as %s', async (coding) => {
    const text = Array.from({ length: 10_000 }, (_, n) => n).join();
    const app = createApp(letter, { read: async () => ({ text }) }, { logger, compressBelow: 1 });
    const reply = await request(app).get('/letter').set('accept-encoding', coding).buffer(true).parse(bytes);
    expect(reply.headers).toMatchObject({ 'content-encoding': coding, vary: 'Accept-Encoding' });
    expect(reply.headers).not.toHaveProperty('content-length');
    expect(textOf(coding, reply.body)).toBe(text);
  });

  it('is not done where the operation forbids it', async () => {
    const secret = defineContract('secret', {
      show: get('/secret', { summary: 'Shows it', output: z.object({ text: z.string() }), mayCompress: false }),
    });
    const app = createApp(secret, { show: async () => ({ text: 'x'.repeat(2000) }) }, { logger, compressBelow: 1 });
    for (const coding of ['gzip', 'br', 'zstd']) {
      const { headers } = await request(app).get('/secret').set('accept-encoding', coding).expect(200);
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers).not.toHaveProperty('vary');
    }
  });
});

describe('compression', () => {
  it('has no time for it while the event loop is busy', async () => {
    const app = withReplyHooks().use(compression({ compressBelow: 0 }));
    app.get('/', (_req, res) => void res.json('x'.repeat(2000)));
    const client = supertest(app);
    await client.get('/');
    // More than the second over which it looks, and no moment of it idle.
    for (const endMs = performance.now() + 1100; performance.now() < endMs; );
    const { headers } = await client.get('/').set('accept-encoding', 'gzip');
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).toMatchObject({ vary: 'Accept-Encoding' });
  });

  it.each(['br', 'gzip', 'zstd'])('holds back no event of a stream where the client accepts %s', async (coding) => {
    const ticks = defineContract('ticks', {
      watch: get('/ticks', { summary: 'Ticks', output: stream(z.object({ text: z.string() }), { as: 'sse' }) }),
    });
    const second = Promise.withResolvers<void>();
    async function* watch() {
      yield { text: 'x'.repeat(2000) };
      await second.promise;
      yield { text: 'second' };
    }
    const { port, close } = await listening(createApp(ticks, { watch }, { logger, compressBelow: 1 }));
    const reply = await headOf(port, '/ticks', { headers: { 'accept-encoding': coding } });
    let text = '';
    for await (const chunk of reply) {
      text += chunk;
      // Asked for only when the first has arrived whole.
      if (text.endsWith('\n\n')) second.resolve();
    }
    expect(text).toContain('second');
    await close();
  });

  it('takes a share only', () => {
    expect(() => compression({ compressBelow: 90 })).toThrow('compressBelow must be a share from 0 to 1, not 90');
  });
});
