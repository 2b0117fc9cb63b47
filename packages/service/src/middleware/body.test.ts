import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { type BodyLimits, post as define } from '@parley/contract';
import express from 'express';
import { pino } from 'pino';
import supertest from 'supertest';
import { startChild } from '../../test-fixtures/child-service.ts';
import { wires } from '../../test-fixtures/one-connection.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { visits, visitsHandlers } from '../../test-fixtures/visits.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { createApp } from '../app.ts';
import { body as bodyOf } from './body.ts';

const { app } = visitsApp({}, { bodyLimitBytes: 100 });
const ada = JSON.stringify({ name: 'Ada' });
const silent = pino({ level: 'silent' });

const problem = (code: string) => `urn:parley:problem:${code}`;

describe.each(protocols)('body over $protocol', ({ request }) => {
  function posting(body: string | Buffer, type = 'application/json', encoding?: string) {
    const post = request(app).post('/api/visits').set('content-type', type);
    if (encoding) post.set('content-encoding', encoding);
    post.write(body);
    return post;
  }

  it.each(['application/json', 'application/json; charset=utf-8', 'application/json; charset="UTF-8"'])(
    'reads JSON of type %s',
    async (type) => {
      await posting(ada, type).expect(201, { id: '1', name: 'Ada' });
    },
  );

  it.each([
    ['gzip', gzipSync(ada)],
    ['GZIP', gzipSync(ada)],
    ['deflate', deflateSync(ada)],
    ['br', brotliCompressSync(ada)],
    ['zstd', zstdCompressSync(ada)],
    ['identity', Buffer.from(ada)],
  ])('inflates %s', async (encoding, bytes) => {
    await posting(bytes, 'application/json', encoding).expect(201);
  });

  it.each([
    ['no JSON', '{"name":'],
    ['a bare value', '"Ada"'],
    ['null', 'null'],
    ['a page', '<html>'],
    ['bad UTF-8', Buffer.from('{"name":"\xff"}', 'latin1')],
  ])('answers 400 to %s', async (_what, body) => {
    const reply = await posting(body).expect(400);
    expect(reply.body.type).toBe(problem('malformed_body'));
  });

  it('answers 400 to a body that is not of the encoding it claims', async () => {
    const reply = await posting(ada, 'application/json', 'gzip').expect(400);
    expect(reply.body.type).toBe(problem('malformed_body'));
  });

  const halves = [ada.slice(0, 5), ada.slice(5)];
  it.each([
    ['gzip', halves.map((half) => gzipSync(half))],
    ['zstd', halves.map((half) => zstdCompressSync(half))],
  ])('inflates a body in several frames of %s', async (encoding, frames) => {
    await posting(Buffer.concat(frames), 'application/json', encoding).expect(201, { id: '1', name: 'Ada' });
    const bomb = frames.map(() => (encoding === 'gzip' ? gzipSync : zstdCompressSync)(ada.padEnd(60)));
    await posting(Buffer.concat(bomb), 'application/json', encoding).expect(413);
    await posting(Buffer.concat([...frames, Buffer.from('junk')]), 'application/json', encoding).expect(400);
  });

  it('is refused where a zstd frame is cut, whatever zlib makes of it', async () => {
    const body = zstdCompressSync(ada, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    for (const length of [body.length - 1, body.length - 4, 6]) {
      await posting(body.subarray(0, length), 'application/json', 'zstd').expect(400);
    }
  });

  // zlib of Node 26 goes on to the next frame itself: it costs next to nothing there.
  const opensDecoders = zstdDecompressSync(Buffer.concat([zstdCompressSync('a'), zstdCompressSync('b')])).length === 1;
  const itOpens = opensDecoders ? it : it.skip;
  itOpens('takes no more than 64 zstd frames, each of which costs as much as a large one', async () => {
    const frames = (count: number) =>
      Buffer.concat([zstdCompressSync(ada), ...Array<Buffer>(count - 1).fill(zstdCompressSync(''))]);
    for (const [count, status] of [
      [64, 201],
      [65, 400],
    ] as const) {
      const post = request(visitsApp().app).post('/api/visits').set('content-type', 'application/json');
      post.set('content-encoding', 'zstd').write(frames(count));
      await post.expect(status);
    }
  });

  it.each([
    ['a byte order mark', `\ufeff${ada}`],
    ['white space around it', ` \r\n${ada}\t`],
  ])('reads JSON with %s', async (_what, body) => {
    await posting(body).expect(201);
  });

  it('reads a body in pieces of any size', async () => {
    const large = `{"name":"Ada","note":"${'x'.repeat(100_000)}"}`;
    for (const size of [1_000, 16_384, 99_999]) {
      const post = request(visitsApp().app).post('/api/visits').set('content-type', 'application/json');
      for (let at = 0; at < large.length; at += size) post.write(large.slice(at, at + size));
      await post.expect(201, { id: '1', name: 'Ada' });
    }
  });

  it('takes a body that middleware of the app has read', async () => {
    const own = visitsApp({}, { middleware: [express.json()] });
    await request(own.app).post('/api/visits').send({ name: 'Ada' }).expect(201, { id: '1', name: 'Ada' });
  });

  it('shows nothing of a wrong body', async () => {
    const reply = await posting('{"password": s3cret}').expect(400);
    expect(reply.text).not.toContain('s3cret');
  });

  it('takes a body of exactly the limit', async () => {
    await posting(ada.padEnd(100)).expect(201);
  });

  it('answers 413 to a body over the limit', async () => {
    const reply = await posting(ada.padEnd(101)).expect(413);
    expect(reply.body.type).toBe(problem('body_too_large'));
  });

  it('answers 413 to a body over the limit once inflated', async () => {
    const bytes = gzipSync(ada.padEnd(5000));
    expect(bytes.length).toBeLessThan(100);
    const reply = await posting(bytes, 'application/json', 'gzip').expect(413);
    expect(reply.body.type).toBe(problem('body_too_large'));
  });

  it('takes 128 KiB by default and no more', async () => {
    const post = (length: number) => request(visitsApp().app).post('/api/visits').type('json').send(ada.padEnd(length));
    await post(131_072).expect(201);
    const reply = await post(131_073).expect(413);
    expect(reply.body.detail).toBe('Body is larger than 131072 bytes, the limit of this operation');
  });

  it('takes 1000 members and elements by default and no more, in whatever they are', async () => {
    const post = (json: string) => request(visitsApp().app).post('/api/visits').type('json').send(json);
    const numbers = (count: number) => `{"name":"Ada","x":[${Array.from({ length: count }, () => 1)}]}`;
    await post(numbers(998)).expect(201);
    const keys = Array.from({ length: 1001 }, (_, n) => `"${n}":1`);
    const same = Array.from({ length: 1001 }, () => '"__proto__":{}');
    for (const json of [numbers(999), `{${keys}}`, `{${same}}`, `[${'{},'.repeat(1001)}{}]`]) {
      const reply = await post(json).expect(413);
      expect(reply.body).toMatchObject({
        type: problem('body_too_large'),
        detail: 'Body has more than 1000 members and elements, the limit of this operation',
      });
    }
  });

  it('takes what its operation says, before what its service says', async () => {
    const limited = (bodyLimits: BodyLimits) => {
      const addVisit = { ...visits.operations.addVisit, bodyLimits };
      const contract = { ...visits, operations: { ...visits.operations, addVisit } };
      const options = { logger: silent, bodyLimitBytes: 30, maxBodyValues: 3, maxBodyDepth: 2 };
      return createApp(contract, visitsHandlers(), options);
    };
    const post = (bodyLimits: BodyLimits, json: string) =>
      request(limited(bodyLimits)).post('/api/visits').type('json').send(json);
    await post({}, ada.padEnd(31)).expect(413);
    await post({ maxBytes: 31 }, ada.padEnd(31)).expect(201);
    await post({}, '{"name":"Ada","x":[1,2]}').expect(413);
    await post({ maxValues: 4 }, '{"name":"Ada","x":[1,2]}').expect(201);
    await post({}, '{"name":"Ada","x":[[]]}').expect(400);
    await post({ maxDepth: 3 }, '{"name":"Ada","x":[[]]}').expect(201);
    const deep = await post({ maxDepth: 1 }, '{"name":"Ada","x":[]}').expect(400);
    expect(deep.body.detail).toBe('Body is nested deeper than 1');
  });

  it.each([
    ['text/plain', undefined],
    ['application/merge-patch+json', undefined],
    ['application/x-www-form-urlencoded', undefined],
    ['nonsense', undefined],
    ['application/json; charset=latin1', undefined],
    ['application/json; charset=utf-16', undefined],
    ['application/json', 'compress'],
  ])('answers 415 to type %s, encoding %s', async (type, encoding) => {
    const reply = await posting(ada, type, encoding).expect(415);
    expect(reply.body.type).toBe(problem('unsupported_media_type'));
  });

  it('answers 415 to a body without a type', async () => {
    const post = request(app).post('/api/visits').set('content-length', String(ada.length));
    post.write(ada);
    const reply = await post.expect(415);
    expect(reply.body.type).toBe(problem('unsupported_media_type'));
  });

  it('names what is missing where there is no body', async () => {
    const reply = await request(app).post('/api/visits').set('content-length', '0').expect(400);
    expect(reply.body).toMatchObject({ type: problem('invalid_input'), errors: [{ path: 'name' }] });
  });
});

describe.each(wires)('the body of a GET over %s', (protocol, open) => {
  it('is left unread, and the connection stays in use unless HTTP/1.1 would have to read more than 256 KiB', async () => {
    const { env, connect, remove } = await open();
    const child = startChild({ GREETING: 'hello', ...env });
    const connection = connect(Number((await child.line('listening')).port));
    // Together more than HTTP/2 lets through on a connection before somebody takes it.
    for (let i = 0; i < 40; i++) expect((await connection.get('/api/wait', 'x'.repeat(10_000))).status).toBe(200);
    expect((await connection.get('/api/wait', 'x'.repeat(262_144))).status).toBe(200);
    expect((await connection.get('/api/wait')).status).toBe(200);
    expect(connection.opened()).toBe(1);
    expect((await connection.get('/api/wait', 'x'.repeat(1_000_000))).status).toBe(200);
    expect((await connection.get('/api/wait')).status).toBe(200);
    expect(connection.opened()).toBe(protocol === 'HTTP/1.1' ? 2 : 1);
    connection.close();
    child.process.kill('SIGKILL');
    remove();
  });
});

// What the client above cannot send over HTTP/2; http2-express.test.ts has the like of it.
describe('body over HTTP/1.1', () => {
  it('ignores the body of a GET, whatever it is', async () => {
    const get = supertest(app).get('/api/visits').set('content-type', 'text/plain').set('content-length', '500');
    get.write('x'.repeat(500));
    await get.expect(200);
  });

  it('waits for a slow body no longer than the deadline, and gives the connection up', async () => {
    const server = app.listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const headers = { 'content-type': 'application/json', 'content-length': 50, 'x-request-timeout-ms': '30' };
    const client = httpRequest({ port, path: '/api/visits', method: 'POST', headers });
    client.on('error', () => {});
    client.write('{');
    const [reply] = (await once(client, 'response')) as [IncomingMessage];
    expect(reply.statusCode).toBe(408);
    expect(reply.headers.connection).toBe('close');
    expect(JSON.parse(await text(reply))).toMatchObject({
      type: problem('rejected'),
      status: 408,
      detail: 'Body did not arrive in time',
    });
    await once(server.close(), 'close');
  });
});

describe('the limits of bodies', () => {
  it.each(['bodyLimitBytes', 'maxBodyValues', 'maxBodyDepth'])('let %s be a whole number from 1', (name) => {
    const operation = define('/things', { summary: '' });
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      expect(() => bodyOf({ operation, [name]: limit })).toThrow(`${name} must be a whole number from 1, not ${limit}`);
    }
  });
});
