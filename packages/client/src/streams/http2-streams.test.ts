import { constants } from 'node:http2';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CallError, defineContract, framings, get, stream } from '@parley/contract';
import { z } from 'zod';
import { certificateAuthority, type Pair } from '../../test-fixtures/certificates.ts';
import { patient } from '../../test-fixtures/patient.ts';
import { type AnswerFrames, frame, rawHttp2Server } from '../../test-fixtures/raw-http2-server.ts';
import { until } from '../../test-fixtures/raw-server.ts';
import { createClient } from '../client.ts';
import { createUpstream } from '../upstream.ts';

const item = z.object({ n: z.number() });
const counter = defineContract('counter', {
  one: get('/one', { summary: 's', output: item }),
  lines: get('/lines', { summary: 's', output: stream(item, { as: 'ndjson' }) }),
  events: get('/events', { summary: 's', output: stream(item, { as: 'sse' }) }),
});

let ca: string;
let pair: Pair;
beforeAll(async () => {
  const authority = await certificateAuthority();
  ca = authority.ca;
  pair = await authority.issue({ names: ['127.0.0.1'] });
});
let closeables: { close(): Promise<void> }[];
beforeEach(() => {
  closeables = [];
});
afterEach(async () => {
  for (const closeable of closeables.reverse()) await closeable.close();
});

async function serve(kind: string, answer: AnswerFrames) {
  const isSecure = kind === 'TLS';
  const server = await rawHttp2Server(answer, isSecure ? pair : undefined);
  const upstream = createUpstream('counter', server.address, {
    ...patient,
    http: '2',
    maxAttempts: 1,
    acceptCompressed: true,
    ...(isSecure && { tls: { ca } }),
  });
  closeables.push(server, upstream);
  return { server, client: createClient(counter, upstream) };
}

const { NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL } =
  constants;
const cuts: [string, (stream: number) => Buffer][] = [
  ...[NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL].map(
    (code): [string, (stream: number) => Buffer] => [`RST_STREAM ${code}`, (stream) => frame.rst(stream, code)],
  ),
  ['GOAWAY', (stream) => frame.goaway(stream, NGHTTP2_NO_ERROR)],
];

const head = (stream: number, type: string, ...more: (readonly [string, string])[]) =>
  frame.fields(stream, [[':status', '200'], ['content-type', type], ...more]);

/** What a stream gave, and the code that it ended with. */
async function all(items: AsyncIterable<{ n: number }>) {
  const seen: number[] = [];
  try {
    for await (const { n } of items) seen.push(n);
    return { seen, code: undefined };
  } catch (error) {
    return { seen, code: (error as CallError).code };
  }
}

describe.each(['h2c', 'TLS'])('a stream over HTTP/2 (%s)', (kind) => {
  describe.each(['lines', 'events'] as const)('of %s', (name) => {
    const framing = framings[name === 'lines' ? 'ndjson' : 'sse'];
    const text = framing.item({ n: 1 }) + framing.item({ n: 2 });

    it.each(cuts)('that is cut between two items is an error after the items: %s', async (how, cut) => {
      const { client } = await serve(kind, (stream, socket) => {
        socket.write(Buffer.concat([head(stream, framing.mediaType), frame.data(stream, text)]));
        setImmediate(() => (how === 'GOAWAY' ? socket.end(cut(stream)) : socket.write(cut(stream))));
      });
      expect(await all(client[name]())).toEqual({ seen: [1, 2], code: 'unavailable' });
    });

    it.each(cuts)('that is cut at once is an error after the items: %s', async (how, cut) => {
      const { client } = await serve(kind, (stream, socket) => {
        for (const part of [head(stream, framing.mediaType), frame.data(stream, text), cut(stream)]) socket.write(part);
        if (how === 'GOAWAY') socket.end();
      });
      expect(await all(client[name]())).toEqual({ seen: [1, 2], code: 'unavailable' });
    });

    it('is reset with CANCEL where its reader leaves it', async () => {
      const { server, client } = await serve(kind, (stream, socket) => {
        socket.write(Buffer.concat([head(stream, framing.mediaType), frame.data(stream, text)]));
      });
      for (let i = 0; i < 5; i++) for await (const _ of client[name]()) break;
      await until(() => server.resets.length === 5);
      expect(server.resets).toEqual(Array(5).fill(NGHTTP2_CANCEL));
    });
  });
});

describe.each(['h2c', 'TLS'])('a reply over HTTP/2 (%s)', (kind) => {
  const body = Buffer.from('{"n":1}');
  const bodies: [string, Buffer, (readonly [string, string])[]][] = [
    ['plain', body, []],
    ['with a length', body, [['content-length', '9']]],
    ['gzip', gzipSync(body), [['content-encoding', 'gzip']]],
    ['zstd', zstdCompressSync(body), [['content-encoding', 'zstd']]],
  ];

  it.each(bodies.flatMap((one) => cuts.map(([how, cut]) => [...one, how, cut] as const)))(
    'that is cut is an error, also where its content looks whole: %s',
    async (_, bytes, fields, how, cut) => {
      const { client } = await serve(kind, (stream, socket) => {
        socket.write(Buffer.concat([head(stream, 'application/json', ...fields), frame.data(stream, bytes)]));
        setImmediate(() => (how === 'GOAWAY' ? socket.end(cut(stream)) : socket.write(cut(stream))));
      });
      const error = await client.one().catch((caught: unknown) => caught);
      // Node gives a reply that ends before its length this code itself: the two cannot be told apart.
      const isOfLength = fields[0]?.[0] === 'content-length' && how === `RST_STREAM ${NGHTTP2_PROTOCOL_ERROR}`;
      expect(error).toMatchObject({ code: isOfLength ? 'invalid_reply' : 'unavailable', isUnprocessed: false });
    },
  );

  it('that ends before its length is malformed', async () => {
    const { client } = await serve(kind, (stream, socket) => {
      const whole = [head(stream, 'application/json', ['content-length', '9']), frame.data(stream, '{"n":1}', true)];
      socket.write(Buffer.concat(whole));
    });
    expect(await client.one().catch((caught: unknown) => caught)).toMatchObject({ code: 'invalid_reply' });
  });
});
