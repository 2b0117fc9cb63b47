import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { RawServer } from '../../test-fixtures/raw-server.ts';
import { rejection, someRequest } from '../../test-fixtures/sample.ts';
import { createUpstream } from '../upstream.ts';
import { decodeBody, decoders } from './decompression.ts';

const encode = {
  zstd: (text: string | Uint8Array) => zlib.zstdCompressSync(text),
  gzip: (text: string | Uint8Array) => zlib.gzipSync(text),
  br: (text: string | Uint8Array) => zlib.brotliCompressSync(text),
  deflate: (text: string | Uint8Array) => zlib.deflateSync(text),
};
const rawDeflate = (text: string) => zlib.deflateRawSync(text);
/** A frame of the user's own, to be skipped: RFC 8878 §3.1.2. */
const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('abc')]);

/** The ways of a body: whole, and as a stream in chunks of several sizes. */
const ways = ['whole', 1, 7, 1_000_000] as const;
type Way = (typeof ways)[number];

async function decode(body: Uint8Array, coding: string, way: Way, maxBytes = 1_000_000): Promise<string> {
  if (way === 'whole') return String(await decodeBody(Buffer.from(body), coding, maxBytes));
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < body.length; i += way) chunks.push(body.subarray(i, i + way));
  const [decoder] = decoders([coding], chunks[0] ?? new Uint8Array());
  if (!decoder) throw new Error('no decoder');
  const plain: Buffer[] = [];
  const source = Readable.from(chunks);
  source.pipe(decoder);
  for await (const chunk of decoder) plain.push(chunk);
  return Buffer.concat(plain).toString();
}

const failed = async (decoding: Promise<string>) => expect(await rejectionOf(decoding)).toHaveProperty('message');
const rejectionOf = (decoding: Promise<string>) =>
  decoding.then(
    (text) => text,
    (error: unknown) => error,
  );

// zlib of Node 26 goes on to the next frame itself: it costs no decoder there.
const opensDecoders = zlib.zstdDecompressSync(Buffer.concat([encode.zstd('a'), encode.zstd('b')])).length === 1;

describe.each(ways)('a body that is decoded (%p)', (way) => {
  it.each(['zstd', 'gzip'] as const)('has the content of all its members: %s', async (coding) => {
    const members = ['one, ', '', 'two, ', 'x'.repeat(70_000), 'three'];
    const body = Buffer.concat(members.map((text) => encode[coding](text)));
    expect(await decode(body, coding, way)).toBe(members.join(''));
  });

  it('has no content of frames that are to be skipped', async () => {
    const { zstd } = encode;
    const body = Buffer.concat([skippable, zstd('one, '), skippable, skippable, zstd('two'), skippable]);
    expect(await decode(body, 'zstd', way)).toBe('one, two');
    expect(await decode(skippable, 'zstd', way)).toBe('');
  });

  it.each(['zstd', 'gzip'] as const)('is an error wherever its last member is cut: %s', async (coding) => {
    const [first, second] = [encode[coding]('one'), encode[coding]('two')];
    for (let length = 1; length < second.length; length++) {
      await failed(decode(Buffer.concat([first, second.subarray(0, length)]), coding, way));
    }
  });

  it.each(['br', 'deflate'] as const)('is an error where another follows, and none can: %s', async (coding) => {
    await failed(decode(Buffer.concat([encode[coding]('one'), encode[coding]('two')]), coding, way));
    if (coding === 'deflate') await failed(decode(Buffer.concat([rawDeflate('one'), rawDeflate('two')]), coding, way));
  });

  it.each(Object.keys(encode) as (keyof typeof encode)[])('is an error where garbage follows: %s', async (coding) => {
    await failed(decode(Buffer.concat([encode[coding]('one'), Buffer.from('garbage')]), coding, way));
    expect(await decode(encode[coding]('one'), coding, way)).toBe('one');
  });

  it('may be gzip that is padded with zeros', async () => {
    expect(await decode(Buffer.concat([encode.gzip('one'), Buffer.alloc(600)]), 'gzip', way)).toBe('one');
  });
});

describe('a whole body', () => {
  it.each(['zstd', 'gzip'] as const)('is bounded over all its members together: %s', async (coding) => {
    const body = Buffer.concat([encode[coding]('x'.repeat(600)), encode[coding]('x'.repeat(600))]);
    expect(await decode(body, coding, 'whole', 1_200)).toHaveLength(1_200);
    for (const maxBytes of [1_199, 601, 600, 599, 1]) {
      expect(await rejectionOf(decode(body, coding, 'whole', maxBytes))).toMatchObject({
        code: 'ERR_BUFFER_TOO_LARGE',
      });
    }
  });

  (opensDecoders ? it : it.skip)('has a bounded number of members: each costs a decoder, however small', async () => {
    const empty = encode.zstd('');
    expect(await decode(Buffer.concat(Array(1_000).fill(empty)), 'zstd', 'whole')).toBe('');
    await failed(decode(Buffer.concat(Array(1_001).fill(empty)), 'zstd', 'whole'));
    await failed(decode(Buffer.concat(Array(100_000).fill(empty)), 'zstd', 'whole'));
  });

  it('is decoded through several codings', async () => {
    const frames = Buffer.concat([encode.zstd('one, '), encode.zstd('two')]);
    expect(await decode(encode.gzip(frames), 'zstd, gzip', 'whole')).toBe('one, two');
  });
});

/** On a busy machine nothing here is a matter of time. */
const patient = { callTimeoutMs: 60_000, attemptTimeoutMs: 60_000, connectTimeoutMs: 60_000, idleTimeoutMs: 60_000 };

describe.each(['text', 'stream'] as const)('a reply read as %s', (replyAs) => {
  async function reply(body: Buffer, coding: string, maxContentLength: number) {
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`;
    const server = new RawServer((socket) => socket.write(Buffer.concat([Buffer.from(head), body])));
    const upstream = createUpstream('things', await server.listen(), { maxAttempts: 1, ...patient });
    closeAfterTest(server);
    closeAfterTest(upstream);
    const { body: read } = await upstream.send(someRequest({ replyAs, wire: { maxContentLength } }));
    if (typeof read === 'string') return read;
    let text = '';
    for await (const chunk of read as AsyncIterable<Uint8Array>) text += Buffer.from(chunk);
    return text;
  }

  it('has all zstd frames, and its limit holds over them', async () => {
    const frames = Buffer.concat(Array(3).fill(encode.zstd('x'.repeat(600))));
    expect(await reply(frames, 'zstd', 1_800)).toBe('x'.repeat(1_800));
    expect(await rejection(reply(frames, 'zstd', 1_799))).toMatchObject({ code: 'invalid_reply' });
    const bombs = Buffer.concat(Array(5).fill(encode.zstd(Buffer.alloc(1_000_000))));
    expect(await rejection(reply(bombs, 'zstd', 4_900_000))).toMatchObject({ code: 'invalid_reply' });
  });

  it('is no reply where its last frame is cut, or garbage follows', async () => {
    for (const coding of ['zstd', 'gzip'] as const) {
      const cut = Buffer.concat([encode[coding]('one'), encode[coding]('two').subarray(0, 7)]);
      expect(await rejection(reply(cut, coding, 100))).toMatchObject({ code: 'invalid_reply' });
    }
    const two = Buffer.concat([encode.br('one'), encode.br('two')]);
    expect(await rejection(reply(two, 'br', 100))).toMatchObject({ code: 'invalid_reply' });
  });
});
