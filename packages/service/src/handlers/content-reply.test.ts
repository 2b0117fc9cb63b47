import { once } from 'node:events';
import { request as send } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  bytes,
  type Content,
  content,
  defineContract,
  type GivenContent,
  get,
  mergePatch,
  patch,
  post,
  text,
  withBody,
} from '@parley/contract';
import supertest from 'supertest';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { headOf, listening } from '../../test-fixtures/streamed.ts';
import { createApp } from '../app.ts';

const summary = 's';
const files = defineContract('files', {
  read: get('/file', { summary, output: bytes() }),
  page: get('/page', { summary, output: bytes({ type: 'text/html' }) }),
  save: post('/file', {
    summary,
    input: withBody(z.object({}), bytes({ type: ['image/png', 'text/*'] })),
    output: text(),
    bodyLimits: { maxBytes: 1000 },
  }),
  change: patch('/change', {
    summary,
    input: mergePatch(z.object({ a: z.string().nullish() })),
    output: z.object({ a: z.string().nullish() }),
  }),
  note: post('/note', { summary, input: withBody(z.object({}), text({ type: 'text/csv' })), output: text() }),
});

const ten = Buffer.from('0123456789');

function appOf(given: () => GivenContent, save = async (body: Content) => String((await body.bytes()).length)) {
  const log = capturedLog();
  const handlers = {
    read: async () => given(),
    page: async () => given(),
    save: ({ body }: { body: Content }) => save(body),
    change: async (changes: { a?: string | null | undefined }) => changes,
    note: async ({ body }: { body: string }) => body,
  };
  return { app: createApp(files, handlers, { logger: log.logger }), log, handlers };
}

describe.each(protocols)('bytes over $protocol', ({ request }) => {
  const { app } = appOf(() => content(ten, { type: 'text/plain', name: '../„a“\r\n.txt' }));

  it('are a download with their own type, a tag, and no encoding', async () => {
    const reply = await request(app).get('/file').set('accept-encoding', 'gzip, br').expect(200);
    expect(reply.headers).toMatchObject({
      'content-type': 'text/plain',
      'content-length': '10',
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"a-[\w-]{27}"$/),
      'x-content-type-options': 'nosniff',
    });
    expect(reply.headers['content-disposition']).toMatch(/^attachment; filename=".*"; filename\*=UTF-8''/);
    expect(reply.headers['content-disposition']).not.toMatch(/[\r\n/]/);
    expect(reply.headers).not.toHaveProperty('content-encoding');
    expect(reply.text).toBe('0123456789');
  });

  it('are answered 304 to a caller that has them', async () => {
    const { headers } = await request(app).get('/file').expect(200);
    const reply = await request(app).get('/file').set('if-none-match', String(headers.etag)).expect(304);
    expect([reply.text, reply.headers.etag]).toEqual(['', headers.etag]);
  });

  it('are sent in part, as long as they are the same', async () => {
    const whole = await request(app).get('/file').expect(200);
    const tag = String(whole.headers.etag);
    const part = await request(app).get('/file').set({ range: 'bytes=-3', 'if-range': tag }).expect(206);
    expect([part.text, part.headers['content-range'], part.headers.etag]).toEqual(['789', 'bytes 7-9/10', tag]);
    await request(app).get('/file').set({ range: 'bytes=-3', 'if-range': '"other"' }).expect(200, '0123456789');
    await request(app).get('/file').set({ range: 'bytes=0-1,3-4' }).expect(200, '0123456789');
  });

  it('are refused with their length where the part is not there', async () => {
    const reply = await request(app).get('/file').set('range', 'bytes=10-').expect(416);
    expect(reply.headers['content-range']).toBe('bytes */10');
    expect(reply.body).toMatchObject({ type: 'urn:parley:problem:range_not_satisfiable' });
  });

  it('have a head of their own', async () => {
    const { headers } = await request(app).head('/file').set('range', 'bytes=0-1').expect(200);
    expect([headers['content-length'], headers['accept-ranges']]).toEqual(['10', 'bytes']);
  });

  it('that come as a stream have no parts, and a stream that nobody reads is closed', async () => {
    let isClosed = false;
    const streamed = appOf(() => {
      const source = Readable.from([ten.subarray(0, 4), ten.subarray(4)], { objectMode: false });
      source.on('close', () => {
        isClosed = true;
      });
      return source;
    });
    const reply = await request(streamed.app).get('/file').set('range', 'bytes=0-1').buffer(true).expect(200);
    expect([reply.headers['content-type'], Number(reply.headers['content-length'])]).toEqual([
      'application/octet-stream',
      Number.NaN,
    ]);
    isClosed = false;
    await request(streamed.app).head('/file').expect(200);
    await eventually(() => isClosed);
  });

  it('of another type than the contract says are a failure of the service', async () => {
    await request(app).get('/page').expect(500);
    await request(appOf(() => content(ten, { type: 'text/html; charset=utf-8' })).app)
      .get('/page')
      .expect(200);
    await request(appOf(() => ten).app)
      .get('/page')
      .expect(200)
      .expect('content-type', 'text/html');
  });

  it('are taken up to the limit, of the types in the contract, and plain', async () => {
    const png = { 'content-type': 'image/png' };
    await request(app).post('/file').set(png).send(Buffer.alloc(1000)).expect(200, '1000');
    await request(app).post('/file').set('content-type', 'text/css; a=b').send('abc').expect(200, '3');
    await request(app).post('/file').set(png).send(Buffer.alloc(1001)).expect(413);
    await request(app).post('/file').set('content-type', 'image/gif').send(ten).expect(415);
    await request(app)
      .post('/file')
      .set({ ...png, 'content-encoding': 'gzip' })
      .send(ten)
      .expect(415);
  });
});

describe('a stream that is not sent', () => {
  let isClosed = false;
  const source = () => {
    isClosed = false;
    return Readable.from([ten], { objectMode: false }).on('close', () => {
      isClosed = true;
    });
  };

  it('is closed where it is of another type', async () => {
    const { app } = appOf(() => content(source(), { type: 'text/css' }));
    await supertest(app).get('/page').expect(500);
    await eventually(() => isClosed);
  });

  it('is closed where it comes too late', async () => {
    const { promise: sent, resolve: go } = Promise.withResolvers<void>();
    const handlers = { ...appOf(source).handlers, read: () => sent.then(source) };
    const app = createApp(files, handlers, { logger: capturedLog().logger, requestTimeoutMs: 20 });
    await supertest(app).get('/file').expect(504);
    go();
    await eventually(() => isClosed);
  });
});

describe.each(protocols)('a text over $protocol', ({ request }) => {
  const { app } = appOf(() => ten);

  it('is taken in UTF-8 alone, of the type in the contract', async () => {
    const csv = { 'content-type': 'text/csv' };
    const reply = await request(app).post('/note').set(csv).send('ä,b').expect(200, 'ä,b');
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
    await request(app)
      .post('/note')
      .set(csv)
      .send(Buffer.from([0xff]))
      .expect(400);
    await request(app).post('/note').set('content-type', 'text/csv; charset=latin1').send('a').expect(415);
    await request(app).post('/note').set('content-type', 'application/json').send('{}').expect(415);
    await request(app).post('/note').set(csv).send('a'.repeat(200_000)).expect(413);
  });
});

describe.each(protocols)('a merge patch over $protocol', ({ request }) => {
  const { app } = appOf(() => ten);

  it('is taken by its own content type alone', async () => {
    const type = { 'content-type': 'application/merge-patch+json' };
    await request(app).patch('/change').set(type).send('{"a":null}').expect(200, { a: null });
    await request(app)
      .patch('/change')
      .set('content-type', `${type['content-type']}; charset=utf-8`)
      .send('{}')
      .expect(200, {});
    await request(app).patch('/change').set('content-type', 'application/json').send('{}').expect(415);
  });
});

describe('a stream of bytes', () => {
  let close = async () => {};
  afterEach(() => close());

  async function serving(...given: Parameters<typeof appOf>) {
    const { app, log } = appOf(...given);
    const server = await listening(app);
    close = server.close;
    return { port: server.port, log };
  }

  it.each([
    ['shorter', 9],
    ['longer', 11],
  ])('is cut off where it is %s than it says: half of it must not look whole', async (_, length) => {
    const chunks = async function* () {
      yield Buffer.alloc(5);
      yield Buffer.alloc(length - 5);
    };
    const { port, log } = await serving(() => content(chunks(), { size: 10 }));
    const ended = headOf(port, '/file').then(async (response) => {
      for await (const _chunk of response);
    });
    await expect(ended).rejects.toThrow();
    expect(log.lines.filter(({ msg }) => msg === 'request failed')).toHaveLength(1);
  });

  it('ends when its client leaves', async () => {
    const ended = Promise.withResolvers<void>();
    const endless = async function* () {
      try {
        for (;;) {
          yield Buffer.alloc(1000);
          await turn();
        }
      } finally {
        ended.resolve();
      }
    };
    const { port } = await serving(endless);
    const response = await headOf(port, '/file');
    await once(response, 'data');
    response.destroy();
    await ended.promise;
  });

  it('that fails before its first byte is an ordinary problem', async () => {
    const failing = () =>
      new Readable({
        read() {
          this.destroy(new Error('no such file'));
        },
      });
    const { port } = await serving(failing);
    const response = await headOf(port, '/file');
    expect([response.statusCode, response.headers['content-type']]).toEqual([500, 'application/problem+json']);
  });

  it('of a client that does not say its length is refused at the limit', async () => {
    const { port } = await serving(() => ten);
    const sending = send({ port, method: 'POST', path: '/file', headers: { 'content-type': 'image/png' } });
    sending.on('error', () => {});
    sending.write(Buffer.alloc(900));
    sending.write(Buffer.alloc(200));
    const [response] = await once(sending, 'response');
    expect(response.statusCode).toBe(413);
    sending.destroy();
  });

  it('that its client cuts off fails in the handler', async () => {
    const failed = Promise.withResolvers<unknown>();
    const { port } = await serving(
      () => ten,
      async (body) => {
        await body.bytes().catch(failed.resolve);
        return '';
      },
    );
    const headers = { 'content-type': 'image/png', 'content-length': '500' };
    const sending = send({ port, method: 'POST', path: '/file', headers });
    sending.on('error', () => {});
    sending.write(Buffer.alloc(100), () => sending.destroy());
    expect(await failed.promise).toMatchObject({ code: 'cancelled' });
  });
});
