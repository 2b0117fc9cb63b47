import { createReadStream, openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { describe, expect, it } from '@jest/globals';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { answer, http2Server } from '../../test-fixtures/http2-server.ts';
import { httpReply, RawServer } from '../../test-fixtures/raw-server.ts';
import { somePost, someRequest } from '../../test-fixtures/sample.ts';
import { createUpstream } from '../upstream.ts';
import { type BodySource, PartsSource, StreamSource } from './body-source.ts';

class DiskError extends Error {
  readonly code = 'EIO';
}
const broken = new DiskError('i/o error, read');

function failing(failure: unknown) {
  return async function* pieces() {
    yield Buffer.alloc(2_000, 'a');
    await new Promise(setImmediate);
    throw failure;
  };
}

const webStream = (failure: unknown) =>
  new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.alloc(2_000, 'a')),
    pull: (controller) => controller.error(failure),
  });

const sources: [string, () => BodySource][] = [
  ['a Readable', () => new StreamSource(Readable.from(failing(broken)()))],
  ['a Readable that is destroyed', () => new StreamSource(new Readable({ read() {} }).destroy(broken))],
  ['a web stream', () => new StreamSource(Readable.fromWeb(webStream(broken)))],
];

function caught(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

/** One failure would open the circuit. */
const strict = { circuitConsecutiveFailures: 1, maxAttempts: 3, backoffBaseMs: 0 };

describe.each(['HTTP/1.1', 'HTTP/2'])('a body over %s whose source fails', (http) => {
  async function open() {
    const isHttp2 = http === 'HTTP/2';
    const paths: string[] = [];
    let address: string;
    if (isHttp2) {
      const server = await http2Server((stream, path) => {
        paths.push(path);
        stream.resume().on('end', () => answer(stream));
      });
      closeAfterTest(server);
      address = server.address;
    } else {
      const server = new RawServer((socket, text) => {
        const [, path] = /^[A-Z]+ (\S+) /.exec(text) ?? [];
        if (path) paths.push(path);
        if (text.startsWith('GET')) socket.write(httpReply('{}'));
      });
      closeAfterTest(server);
      address = await server.listen();
    }
    const upstream = createUpstream('things', address, { ...strict, ...(isHttp2 && { http: '2' as const }) });
    closeAfterTest(upstream);
    return { upstream, paths };
  }

  it.each(sources)("gives the caller's own error, and blames no endpoint: %s", async (_, source) => {
    const { upstream, paths } = await open();
    for (let i = 0; i < 8; i++) {
      const body = source();
      expect(await caught(upstream.send(somePost({ path: '/upload', body })))).toBe(broken);
      expect(await caught(upstream.send(somePost({ path: '/upload', body: source(), replyAs: 'stream' })))).toBe(
        broken,
      );
      expect((await upstream.send(someRequest())).status).toBe(200);
    }
    expect(paths.filter((path) => path === '/upload').length).toBeLessThanOrEqual(16); // none was sent twice
    expect(upstream.endpoints()[0]).toMatchObject({ circuit: 'closed', isEjected: false, inFlight: 0 });
  });

  it('gives an error that is frozen', async () => {
    const { upstream } = await open();
    const frozen = Object.freeze(new Error('frozen'));
    expect(await caught(upstream.send(somePost({ body: new StreamSource(Readable.from(failing(frozen)())) })))).toBe(
      frozen,
    );
  });

  it('gives the error of a file that is gone, cut short or changed', async () => {
    const { upstream } = await open();
    const folder = await mkdtemp(join(tmpdir(), 'parley-'));
    const file = join(folder, 'file');
    await writeFile(file, 'before');
    const blob = await openAsBlob(file);
    await writeFile(file, 'something else, and longer');
    const changed = await caught(upstream.send(somePost({ body: new PartsSource([blob]) })));
    expect(changed).toMatchObject({ name: 'NotReadableError' });
    await rm(folder, { recursive: true });
    const gone = new StreamSource(createReadStream(file));
    expect(await caught(upstream.send(somePost({ body: gone })))).toMatchObject({ code: 'ENOENT' });
    expect(upstream.endpoints()[0]).toMatchObject({ circuit: 'closed', isEjected: false });
  });

  it('is refused as invalid input, where it gives neither bytes nor text', async () => {
    const { upstream } = await open();
    const body = new StreamSource(Readable.from([{ a: 1 }]));
    expect(await caught(upstream.send(somePost({ body })))).toBeInstanceOf(TypeError);
  });

  it.each([
    [3_000, {}, /content-length/i],
    [1_000, {}, /content-length/i],
    [undefined, { maxBodyLength: 1_500 }, /maxBodyLength/],
  ])('does not say that nothing was sent where it was begun: %p', async (length, wire, reason) => {
    const { upstream } = await open();
    const pieces = Readable.from([Buffer.alloc(1_000), Buffer.alloc(1_000)]);
    const headers: Record<string, string> = length === undefined ? {} : { 'content-length': String(length) };
    const body = new StreamSource(pieces, length);
    const error = await caught(upstream.send(somePost({ body, headers, wire })));
    expect(error).toMatchObject({ code: 'invalid_input', detail: expect.stringMatching(reason) });
    expect(String(error)).not.toMatch(/not sent/);
  });
});
