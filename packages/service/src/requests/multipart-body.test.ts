import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defineContract, form, multipart, post } from '@parley/contract';
import type { RequestHandler } from 'express';
import fc from 'fast-check';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { listening } from '../../test-fixtures/streamed.ts';
import { createApp } from '../app.ts';
import { inMemoryService } from '../testing/in-memory-service.ts';

const summary = 's';
const output = z.object({ seen: z.record(z.string(), z.unknown()) });
const contract = defineContract('forms', {
  send: post('/form', {
    summary,
    input: multipart(z.looseObject({ photo: z.file().max(1000).optional(), others: z.array(z.file()).optional() })),
    output,
    bodyLimits: { maxBytes: 20_000, maxValues: 5, maxFiles: 2 },
  }),
  photo: post('/photo', { summary, input: multipart(z.object({ photo: z.file().max(300_000) })), output }),
  albums: post('/albums', {
    summary,
    input: multipart(z.object({ pages: z.array(z.file().max(10_000_000)) })),
    output,
  }),
  plain: post('/plain', {
    summary,
    input: form(z.looseObject({ n: z.number().optional() })),
    output,
    bodyLimits: { maxValues: 3 },
  }),
});

let calls = 0;
const shown = (value: unknown) => (value instanceof File ? `${value.name}|${value.type}|${value.size}` : value);
const seenOf = async (input: Record<string, unknown>) => {
  calls++;
  const entries = Object.entries(input).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(shown) : shown(value),
  ]);
  return { seen: Object.fromEntries(entries) };
};
/** What is in files, and how many forms have files on disk meanwhile. */
const albums = async ({ pages }: { pages: File[] }) => {
  const digests = pages.map(async (page) => digestOf(Buffer.from(await page.arrayBuffer())));
  return { seen: { digests: await Promise.all(digests), onDisk: formFolders().length } };
};
const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** Of this process: one that was killed leaves its own behind. */
const formFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`parley-form-${process.pid}-`));
const { logger } = capturedLog();
const handlers = { send: seenOf, photo: seenOf, plain: seenOf, albums };
const app = createApp(contract, handlers, { logger });

const type = 'multipart/form-data; boundary=x';
const part = (head: string, body: string) => `--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
const file = (name: string, fileName: string, body: string) => part(`name="${name}"; filename="${fileName}"`, body);
const end = '--x--\r\n';

afterEach(() => {
  calls = 0;
});

describe.each(protocols)('a form with files over $protocol', ({ request }) => {
  const ask = (body: string, path = '/form') => request(app).post(path).set('content-type', type).send(body);

  it('has fields and files, in any order', async () => {
    const typed =
      '--x\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n';
    const { body } = await ask(
      part('name="a"', '1') + typed + part('name="a"', '2') + file('others', 'b', 'xyz') + end,
    ).expect(200);
    expect(body.seen).toEqual({ a: ['1', '2'], photo: 'a.png|image/png|5', others: ['b|text/plain|3'] });
  });

  it('has texts as they are, and in UTF-8 alone', async () => {
    const { body } = await ask(`${part('name="a"', '\ufeffä\r\n\n')}${part('name="b"', '')}${end}`).expect(200);
    expect(body.seen).toEqual({ a: '\ufeffä\r\n\n', b: '' });
    const latin1 = Buffer.from(part('name="a"', 'ä') + end, 'latin1');
    await request(app).post('/form').set('content-type', type).send(latin1).expect(400);
  });

  it('has file names without folders', async () => {
    const names = ['../../etc/passwd', 'C:\\\\windows\\\\system.ini', '..', 'a\x00b\x1b.txt'];
    for (const [index, name] of ['passwd', 'system.ini', '', 'ab.txt'].entries()) {
      const { body } = await ask(file('photo', names[index] as string, 'x') + end).expect(200);
      expect(body.seen.photo).toBe(`${name}|text/plain|1`);
    }
  });

  it('takes an empty part without a file name for no file, as HTML forms send it', async () => {
    const { body } = await ask(file('photo', '', '') + end).expect(200);
    expect(body.seen).toEqual({});
  });

  it('takes __proto__ and the like for names', async () => {
    const { body } = await ask(part('name="__proto__"', 'a') + part('name="constructor"', 'b') + end).expect(200);
    expect(JSON.stringify(body.seen)).toContain('"constructor":"b"');
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it.each([
    ['is cut off in a part that nobody reads', file('stranger', '', 'abc').slice(0, -3), 400, 'malformed_body'],
    ['has too many parts that nobody reads', file('stranger', '', '').repeat(6) + end, 413, 'body_too_large'],
    ['is cut off in a file', file('photo', 'a', 'abc').slice(0, -3), 400, 'malformed_body'],
    ['is cut off before its last boundary', part('name="a"', '1'), 400, 'malformed_body'],
    ['is none', 'hello', 400, 'malformed_body'],
    ['has a part without a name', part('filename="a"', '1') + end, 400, 'malformed_body'],
    ['has a name that is too long', part(`name="${'a'.repeat(201)}"`, '1') + end, 400, 'malformed_body'],
    ['has a file name that is too long', file('photo', 'a'.repeat(256), '1') + end, 400, 'malformed_body'],
    ['has a file that nobody asked for', file('stranger', 'a', '1') + end, 400, 'invalid_input'],
    ['has a text for a file', part('name="photo"', '1') + end, 400, 'invalid_input'],
    ['has a file twice', file('photo', 'a', '1').repeat(2) + end, 413, 'body_too_large'],
    ['has too many files', file('others', 'a', '1').repeat(3) + end, 413, 'body_too_large'],
    ['has too many fields', part('name="a"', '1').repeat(6) + end, 413, 'body_too_large'],
    ['has a file that is too large', file('photo', 'a', 'a'.repeat(1001)) + end, 413, 'body_too_large'],
    ['is too large', part('name="a"', 'a'.repeat(20_000)) + end, 413, 'body_too_large'],
  ])('that %s is refused, and the handler does not run', async (_, body, status, code) => {
    const reply = await ask(body).expect(status);
    expect(reply.body.type).toBe(`urn:parley:problem:${code}`);
    expect(calls).toBe(0);
  });

  it('needs a boundary, its content type, and no encoding', async () => {
    await ask(end).set('content-type', 'multipart/form-data').expect(400);
    await ask(end).set('content-type', 'application/json').expect(415);
    await ask(end).set('content-encoding', 'gzip').expect(415);
  });

  it('says what came instead: the text of a FormData that another fetch does not know', async () => {
    const json = await ask('{}').set('content-type', 'application/json').expect(415);
    expect(json.body.detail).toBe('Body must have the content type multipart/form-data, not application/json');
    const text = await ask('[object FormData]').set('content-type', 'text/plain;charset=UTF-8').expect(415);
    expect(text.body.detail).toBe(
      'Body must have the content type multipart/form-data, not text/plain;charset=UTF-8: a FormData is sent as text by a fetch of another library than its own',
    );
  });

  it('may be as large as its files may', async () => {
    const { body } = await ask(file('photo', 'a', 'a'.repeat(300_000)) + end, '/photo').expect(200);
    expect(body.seen.photo).toBe('a|text/plain|300000');
    await ask(file('photo', 'a', 'a'.repeat(300_001)) + end, '/photo').expect(413);
  });
});

describe.each(protocols)('a form with long files over $protocol', ({ request }) => {
  const contents = ['a'.repeat(3_000_000), 'b', 'c'.repeat(1_000_000)];
  const body = contents.map((content, at) => file('pages', `${at}`, content)).join('');
  const upload = (text: string) => request(app).post('/albums').set('content-type', type).send(text);

  it('has them whole and in their order, from disk, where nothing is left of them', async () => {
    const { body: answer } = await upload(body + end).expect(200);
    expect(answer.seen.digests).toEqual(contents.map((content) => digestOf(Buffer.from(content))));
    expect(answer.seen.onDisk).toBeGreaterThan(0);
    await eventually(() => formFolders().length === 0);
  });

  it('may have several that become too long for memory at the same time', async () => {
    const alike = Array.from({ length: 8 }, (_, at) => String(at).repeat(262_145 + at));
    const { body: answer } = await upload(alike.map((content) => file('pages', 'a', content)).join('') + end).expect(
      200,
    );
    expect(answer.seen.digests).toEqual(alike.map((content) => digestOf(Buffer.from(content))));
  });

  it('leaves nothing on disk where it is refused', async () => {
    for (let i = 0; i < 10; i++)
      await upload(file('pages', 'a', 'a'.repeat(262_200)) + file('x', 'a', '1') + end).expect(400);
    await upload(body).expect(400);
    await upload(body + file('pages', '3', 'd'.repeat(10_000_001)) + end).expect(413);
    await upload(body + part('name="a"', '1').repeat(1001) + end).expect(413);
    await eventually(() => formFolders().length === 0);
  });
});

describe('a form with files that is damaged', () => {
  const whole = Buffer.from(part('name="a"', '1') + file('photo', 'a', 'xyz') + file('others', 'b', '') + end);

  it('is read or refused, and fails nothing', async () => {
    const service = inMemoryService(contract, handlers);
    const damages = fc.array(fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) }), { maxLength: 4 });
    const property = fc.asyncProperty(damages, fc.nat(whole.length), async (changed, cut) => {
      const body = Buffer.from(whole);
      for (const { at, byte } of changed) body[at] = byte;
      const length = cut % 2 === 0 ? whole.length : cut;
      const { status } = await service.request('POST', '/form', {
        headers: { 'content-type': type, 'content-length': String(length) },
        body: body.subarray(0, length),
      });
      expect([200, 400, 413]).toContain(status);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});

describe.each(protocols)('a form over $protocol', ({ request }) => {
  const ask = (body: string) =>
    request(app).post('/plain').set('content-type', 'application/x-www-form-urlencoded').send(body);

  it('has its fields as the schema wants them', async () => {
    const { body } = await ask('n=7&a=x+y%26&a=').expect(200);
    expect(body.seen).toEqual({ n: 7, a: ['x y&', ''] });
    await ask('').expect(200);
  });

  it.each([
    ['a=1&a=2&a=3&a=4', 413],
    ['a=%ff', 400],
    ['n=x', 400],
    ['n=1&n=2', 400],
  ])('%s is refused', async (body, status) => {
    await ask(body).expect(status);
    expect(calls).toBe(0);
  });
});

describe('a form that is sent slowly', () => {
  let close = async () => {};
  afterEach(() => close());

  it('leaves nothing on disk where its client goes away', async () => {
    const server = await listening(app);
    close = server.close;
    const sending = send({ port: server.port, method: 'POST', path: '/albums', headers: { 'content-type': type } });
    sending.on('error', () => {});
    sending.write(file('pages', 'a', 'a'.repeat(2_000_000)));
    await eventually(() => formFolders().length > 0);
    sending.destroy();
    await eventually(() => formFolders().length === 0);
  });

  it('fails nothing where its client goes away before it is read', async () => {
    const seen = Promise.withResolvers<void>();
    const wait: RequestHandler = (_req, res, next) => {
      seen.resolve();
      res.once('close', () => setImmediate(next));
    };
    const server = await listening(createApp(contract, handlers, { logger, middleware: [wait] }));
    close = server.close;
    const sending = send({ port: server.port, method: 'POST', path: '/albums', headers: { 'content-type': type } });
    sending.on('error', () => {});
    sending.end(file('pages', 'a', 'a'.repeat(300_000)) + end);
    await seen.promise;
    sending.destroy();
    await eventually(() => formFolders().length === 0);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(formFolders()).toEqual([]);
  });

  it('is refused at the limit, without its rest', async () => {
    const server = await listening(app);
    close = server.close;
    const sending = send({ port: server.port, method: 'POST', path: '/form', headers: { 'content-type': type } });
    sending.on('error', () => {});
    sending.write(file('photo', 'a', 'a'.repeat(2000)));
    const [response] = await once(sending, 'response');
    expect(response.statusCode).toBe(413);
    sending.destroy();
  });
});
