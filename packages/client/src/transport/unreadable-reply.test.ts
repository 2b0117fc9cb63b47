import { describe, expect, it } from '@jest/globals';
import type { CallError } from '@parley/contract';
import { loopbackCertificate } from '../../test-fixtures/certificates.ts';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { patient } from '../../test-fixtures/patient.ts';
import { type AnswerFrames, frame, rawHttp2Server } from '../../test-fixtures/raw-http2-server.ts';
import { httpReply, RawServer } from '../../test-fixtures/raw-server.ts';
import { rejection, someRequest } from '../../test-fixtures/sample.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { createUpstream, type Upstream } from '../upstream.ts';

const { ca, pair } = await loopbackCertificate();

/** One failure would open the circuit, and a failure that may pass would be tried again. */
const strict = { circuitConsecutiveFailures: 1, maxAttempts: 3, backoffBaseMs: 0, maxConnections: 1 };

function open(server: { close(): Promise<void> }, address: string, options: Partial<UpstreamOptions> = {}): Upstream {
  const upstream = createUpstream('things', address, { ...patient, ...strict, ...options });
  closeAfterTest(server, upstream);
  return upstream;
}

/** Calls what cannot be read and something else by turns: the one fails each time, the other never. */
async function expectOnlyItsOwnFailure(upstream: Upstream, reason: RegExp, replyAs: 'text' | 'stream' = 'text') {
  for (let i = 0; i < 5; i++) {
    const error = (await rejection(readWhole(upstream, '/bad', replyAs))) as CallError;
    expect(error).toMatchObject({ code: 'invalid_reply', isTransient: false, blamesEndpoint: false });
    expect(error.message).toMatch(reason);
    expect(error.message).not.toMatch(/connection broke/);
    await readWhole(upstream, '/good', 'text');
  }
  expect(upstream.endpoints()[0]).toMatchObject({ circuit: 'closed', isEjected: false });
}

async function readWhole(upstream: Upstream, path: string, replyAs: 'text' | 'stream'): Promise<void> {
  const { body } = await upstream.send(someRequest({ path, replyAs }));
  if (replyAs === 'stream') for await (const _ of body as AsyncIterable<unknown>);
}

describe.each(['cleartext', 'TLS'])('a reply in HTTP/1.1 (%s) that cannot be read', (kind) => {
  const head = (fields: string) => `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`;
  const cases: [string, string, RegExp][] = [
    ['17 KiB of headers', `${head(`x: ${'a'.repeat(17_000)}\r\ncontent-length: 2`)}{}`, /headers have more than 16384/],
    ['many headers', `${head('x: a\r\n'.repeat(9_000).trim())}{}`, /headers have more than 16384/],
    ['two lengths', `${head('content-length: 3\r\ncontent-length: 4')}abc`, /Content-Length/],
    ['one length twice', `${head('content-length: 3\r\ncontent-length: 3')}abc`, /Content-Length/],
    ['a length that is no number', `${head('content-length: x')}abc`, /Content-Length/],
    ['length and chunks', `${head('content-length: 3\r\ntransfer-encoding: chunked')}0\r\n\r\n`, /Content-Length/],
    ['chunks and length', `${head('transfer-encoding: chunked\r\ncontent-length: 3')}0\r\n\r\n`, /Content-Length/],
    ['a space in a header name', head('x y: 1'), /Invalid header token/],
    ['a folded header', head('x: 1\r\n 2'), /whitespace/],
    ['NUL in a header', head('x: a\0b'), /Invalid header value char/],
    ['CR in a header', head('x: a\rb'), /LF/],
    ['lines without CR', 'HTTP/1.1 200 OK\ncontent-length: 2\n\n{}', /CR/],
    ['another protocol', 'SSH-2.0-x\r\n', /HTTP/],
    ['a version that there is not', 'HTTP/9.9 200 OK\r\n\r\n', /version/],
    ['a status of letters', 'HTTP/1.1 2x0 OK\r\n\r\n', /status/],
    ['status 0', 'HTTP/1.1 000 X\r\ncontent-length: 0\r\n\r\n', /status/],
    ['100 that was not asked for', `HTTP/1.1 100 Continue\r\n\r\n${httpReply('{}')}`, /1xx/],
    ['101 that was not asked for', 'HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', /1xx/],
    ['garbage after early hints', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\ngarbage\r\n', /HTTP/],
    ['a chunk without a size', `${head('transfer-encoding: chunked')}3\r\nabc\r\nzz\r\n`, /chunk size/],
    ['a chunk longer than its size', `${head('transfer-encoding: chunked')}2\r\nabcdef\r\n0\r\n\r\n`, /chunk/],
  ];

  it.each(cases)('fails only its own call: %s', async (_, bad, reason) => {
    const server = new RawServer(
      (socket, text) => socket.write(text.includes(' /bad ') ? bad : httpReply('{}')),
      kind === 'TLS' ? pair : undefined,
    );
    const upstream = open(server, await server.listen(), kind === 'TLS' ? { tls: { ca } } : {});
    await expectOnlyItsOwnFailure(upstream, reason);
    await expectOnlyItsOwnFailure(upstream, reason, 'stream');
    expect(server.requests).toHaveLength(20); // none was sent twice
  });
});

describe.each(['h2c', 'TLS'])('a reply in HTTP/2 (%s) that cannot be read', (kind) => {
  const ok = [':status', '200'] as const;
  type Frames = (stream: number) => Buffer[];
  const cases: [string, Frames][] = [
    ['a header in capitals', (stream) => [frame.fields(stream, [ok, ['X-A', '1']])]],
    ['a header of HTTP/1.1', (stream) => [frame.fields(stream, [ok, ['connection', 'close']])]],
    ['no status', (stream) => [frame.fields(stream, [['x', '1']], true)]],
    ['two statuses', (stream) => [frame.fields(stream, [ok, ok], true)]],
    ['a status of letters', (stream) => [frame.fields(stream, [[':status', 'abc']], true)]],
    ['status 101', (stream) => [frame.fields(stream, [[':status', '101']])]],
    ['early hints alone', (stream) => [frame.fields(stream, [[':status', '103']], true)]],
    ['two lengths', (stream) => [frame.fields(stream, [ok, ['content-length', '2'], ['content-length', '3']])]],
    ['a length that is no number', (stream) => [frame.fields(stream, [ok, ['content-length', 'x']])]],
    [
      'more than its length',
      (stream) => [frame.fields(stream, [ok, ['content-length', '1']]), frame.data(stream, '{}', true)],
    ],
    [
      'less than its length',
      (stream) => [frame.fields(stream, [ok, ['content-length', '9']]), frame.data(stream, '{}', true)],
    ],
    [
      'nothing of its length',
      (stream) => [frame.fields(stream, [ok, ['content-length', '9']]), frame.data(stream, '', true)],
    ],
    ['a body before its head', (stream) => [frame.data(stream, '{}', true)]],
    ['a body where none can be', (stream) => [frame.fields(stream, [[':status', '204']]), frame.data(stream, '{}')]],
    ['a frame of 20 kB', (stream) => [frame.headers(stream), frame.data(stream, 'x'.repeat(20_000), true)]],
    ['HTTP/1.1', () => [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
  ];

  it.each(cases)('fails only its own call: %s', async (_, bad) => {
    let requests = 0;
    const answer: AnswerFrames = (stream, socket) => {
      const frames = requests++ % 2 === 0 ? bad(stream) : [frame.headers(stream), frame.data(stream, '{}', true)];
      socket.write(Buffer.concat(frames));
    };
    const server = await rawHttp2Server(answer, kind === 'TLS' ? pair : undefined);
    const upstream = open(server, server.address, { http: '2', ...(kind === 'TLS' && { tls: { ca } }) });
    await expectOnlyItsOwnFailure(upstream, /HTTP\/2/);
    expect(requests).toBe(10); // none was sent twice
  });

  it.each([0, 2, 8])('and is cut, with a Content-Length and the code %i, is lost: tried again', async (code) => {
    const cut = (stream: number) =>
      Buffer.concat([
        frame.fields(stream, [ok, ['content-length', '9']]),
        frame.data(stream, '{}'),
        frame.rst(stream, code),
      ]);
    const server = await rawHttp2Server(
      (stream, socket) => void socket.write(cut(stream)),
      kind === 'TLS' ? pair : undefined,
    );
    const lenient = { http: '2', circuitConsecutiveFailures: 10 } as const;
    const upstream = open(server, server.address, { ...lenient, ...(kind === 'TLS' && { tls: { ca } }) });
    await expect(upstream.send(someRequest())).rejects.toMatchObject({
      code: 'unavailable',
      detail: 'the connection broke (ECONNRESET)',
    });
    expect(server.counts().requests).toBe(3);
  });

  // Node itself resets such a stream with ENHANCE_YOUR_CALM, as a server may: the two cannot be told apart.
  it.each([128, 200])('for its %i header fields is unavailable, and blames no endpoint', async (count) => {
    const many = Array.from({ length: count }, (_, at) => [`x-${at}`, '1'] as const);
    let requests = 0;
    const answer: AnswerFrames = (stream, socket) => {
      const isBad = ++requests <= strict.maxAttempts;
      const fields = isBad ? frame.fields(stream, [ok, ...many]) : frame.headers(stream);
      socket.write(Buffer.concat([fields, frame.data(stream, '{}', true)]));
    };
    const server = await rawHttp2Server(answer, kind === 'TLS' ? pair : undefined);
    const upstream = open(server, server.address, { http: '2', ...(kind === 'TLS' && { tls: { ca } }) });
    const error = await rejection(upstream.send(someRequest()));
    expect(error).toMatchObject({ code: 'unavailable', blamesEndpoint: false });
    expect(await upstream.send(someRequest())).toMatchObject({ status: 200 });
    expect(upstream.endpoints()[0]).toMatchObject({ circuit: 'closed', isEjected: false });
  });

  it('that ends the connection of other requests fails none of them, and blames no endpoint', async () => {
    const waiting: number[] = [];
    const server = await rawHttp2Server(
      (stream, socket, connection) => {
        if (connection > 1) socket.write(Buffer.concat([frame.headers(stream), frame.data(stream, '{}', true)]));
        else if (waiting.push(stream) === 4) socket.write(frame.data(stream, '{}'));
      },
      kind === 'TLS' ? pair : undefined,
    );
    const upstream = open(server, server.address, { http: '2', ...(kind === 'TLS' && { tls: { ca } }) });
    const replies = await Promise.all(Array.from({ length: 4 }, () => upstream.send(someRequest())));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(upstream.endpoints()[0]).toMatchObject({ circuit: 'closed', isEjected: false });
  });
});
