import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { CallError } from '@parley/contract';
import { type Behaviour, httpReply, RawServer, until } from '../../test-fixtures/raw-server.ts';
import { somePost, someRequest } from '../../test-fixtures/sample.ts';
import { boundStream } from '../axios/bound-stream.ts';
import type { CallRequest } from '../layer.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { systemClock } from '../time/clock.ts';
import { createUpstream, type Upstream } from '../upstream.ts';
import { StreamSource } from './body-source.ts';

// What a server may do wrong, whole and streamed, through the whole pipeline and with one attempt only.

let server: RawServer;
let address: string;
let upstream: Upstream;
afterEach(async () => {
  await upstream.close();
  await until(() => server.sockets.size === 0); // nothing is left open
  await server.close();
});

/** For a server that says nothing more. All others are noticed at once: a busy machine must not make them late. */
const short = { callTimeoutMs: 200, attemptTimeoutMs: 200 };
let streamLimitMs = 15_000;

async function open(behave: Behaviour, options: Partial<UpstreamOptions> = {}) {
  server = new RawServer(behave);
  address = await server.listen();
  upstream = createUpstream('things', address, {
    maxAttempts: 1,
    callTimeoutMs: 20_000,
    attemptTimeoutMs: 15_000,
    maxReplyBytes: 100_000,
    circuitMinCalls: 100_000,
    ...options,
  });
}

/** The body that a call gives, or the code that it or its stream fails with. */
async function ending(request: CallRequest): Promise<string> {
  try {
    const { body } = await upstream.send(request);
    if (!(body instanceof Readable)) return String(body);
    // As whoever reads a stream must.
    boundStream(body, { clock: systemClock, deadlineMs: systemClock.now() + streamLimitMs, operation: request.label });
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return `[${error.code}]`;
  }
}

const kinds = ['text', 'stream'] as const;
const zipped = gzipSync('x'.repeat(10_000));
const bytes = (head: string, body: Buffer | string) => Buffer.concat([Buffer.from(head), Buffer.from(body)]);
const encoded = (body: Buffer, length = body.length) =>
  bytes(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${length}\r\n\r\n`, body);
const chunked = (body: string) => `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${body}`;

describe.each(kinds)('a reply read as %s', (replyAs) => {
  it('fails in time and leaves nothing behind, reset at whichever byte', async () => {
    const replies = [
      httpReply('{"a":1}', { headers: { 'x-b': '2' } }),
      chunked('3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'),
      encoded(gzipSync('small')),
    ].map((reply) => Buffer.from(reply));
    let sent = Buffer.alloc(0);
    await open((socket) => socket.write(sent, () => setImmediate(() => socket.resetAndDestroy())));
    for (const reply of replies) {
      for (let length = 0; length < reply.length; length++) {
        sent = reply.subarray(0, length);
        expect([length, await ending(someRequest({ replyAs }))]).toEqual([length, '[unavailable]']);
      }
    }
    expect(upstream.endpoints()[0]?.inFlight).toBe(0);
  });

  it('fails in time and leaves nothing behind, closed at whichever byte', async () => {
    const reply = Buffer.from(chunked('3\r\nabc\r\n0\r\n\r\n'));
    let sent = Buffer.alloc(0);
    await open((socket) => socket.end(sent));
    for (let length = 0; length < reply.length; length++) {
      sent = reply.subarray(0, length);
      expect([length, await ending(someRequest({ replyAs }))]).toEqual([length, '[unavailable]']);
    }
  });

  const late = '[deadline_exceeded]';
  const cases: [string, Behaviour, string][] = [
    ['sends nothing', () => {}, late],
    ['stops within its headers', (socket) => socket.write('HTTP/1.1 200 OK\r\nx-a: 1\r\nx-'), late],
    [
      'drips its headers',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nx-a: ');
        const drip = setInterval(() => socket.write('a'), 20);
        socket.on('close', () => clearInterval(drip));
      },
      late,
    ],
    [
      'drips its body',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n');
        const drip = setInterval(() => socket.write('.'), 20);
        socket.on('close', () => clearInterval(drip));
      },
      late,
    ],
    [
      'stops within its body',
      (socket) => socket.write(httpReply('half', { headers: { 'content-length': '9' } })),
      late,
    ],
    [
      'sends less than it says',
      (socket) => socket.end(httpReply('abc', { headers: { 'content-length': '9' } })),
      '[unavailable]',
    ],
    [
      'has no body, whatever length it says',
      (socket) => socket.write('HTTP/1.1 204 No Content\r\ncontent-length: 999999999\r\n\r\n'),
      '',
    ],
    [
      'is preceded by hints with a length',
      (socket) => socket.write(`HTTP/1.1 103 Early Hints\r\ncontent-length: 999999999\r\n\r\n${httpReply('abc')}`),
      'abc',
    ],
    ['sends more than it says', (socket) => socket.write(`${httpReply('abc')}more`), 'abc'],
    [
      'has a length that is no number',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\nabc'),
      '[invalid_reply]',
    ],
    [
      'has two lengths',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc'),
      '[invalid_reply]',
    ],
    ['has a chunk of no size', (socket) => socket.write(chunked('zz\r\n')), '[invalid_reply]'],
    [
      'has a chunk longer than its size',
      (socket) => socket.write(chunked('2\r\nabcdef\r\n0\r\n\r\n')),
      '[invalid_reply]',
    ],
    [
      'has 200 headers',
      (socket) => {
        const headers = Array.from({ length: 200 }, (_, i) => `x-${i}: ${i}\r\n`).join('');
        socket.write(`HTTP/1.1 200 OK\r\n${headers}content-length: 3\r\n\r\nabc`);
      },
      'abc',
    ],
    [
      'has headers without end',
      (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${'x-a: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(10_000)}\r\n`);
      },
      '[invalid_reply]',
    ],
    [
      'sends a continue that was not asked for',
      (socket) => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${httpReply('abc')}`),
      '[invalid_reply]',
    ],
    ['is no HTTP', (socket) => socket.write('SSH-2.0-x\r\n'), '[invalid_reply]'],
    ['is gzip', (socket) => socket.write(encoded(zipped)), 'x'.repeat(10_000)],
    ['is bad gzip', (socket) => socket.write(encoded(Buffer.from('not gzip'))), '[invalid_reply]'],
    ['is half of a gzip', (socket) => socket.write(encoded(zipped.subarray(0, zipped.length - 12))), '[invalid_reply]'],
    ['is gzip, cut off', (socket) => socket.end(encoded(zipped.subarray(0, 20), zipped.length)), '[unavailable]'],
    [
      'is gzip, corrupt in the middle',
      (socket) => {
        const corrupt = Buffer.from(gzipSync(Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * i) % 251))));
        corrupt[corrupt.length - 6] = (corrupt[corrupt.length - 6] as number) ^ 0xff; // its checksum
        socket.write(encoded(corrupt));
      },
      '[invalid_reply]',
    ],
  ];
  it.each(cases)('that %s', async (_, behave, expected) => {
    const isLate = expected === late;
    streamLimitMs = isLate ? 300 : 15_000;
    await open(behave, isLate ? short : {});
    expect(await ending(someRequest({ replyAs }))).toBe(expected);
    expect(upstream.endpoints()[0]?.inFlight).toBe(0);
  });

  it('is a bomb only where it was asked for piece by piece', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    await open((socket) => socket.write(encoded(bomb)));
    const whole = { replyAs, wire: { maxContentLength: 1_000_000 } };
    expect(await ending(someRequest(whole))).toBe('[invalid_reply]');
  });

  it('may come before the body is sent', async () => {
    await open((socket) => socket.end(httpReply('enough', { headers: { connection: 'close' } })));
    const endless = Readable.from(
      (async function* () {
        for (;;) {
          yield Buffer.alloc(1_000);
          await new Promise(setImmediate);
        }
      })(),
    );
    const request = somePost({ replyAs, body: new StreamSource(endless) });
    expect(['enough', '[unavailable]']).toContain(await ending(request));
    await until(() => endless.destroyed);
  });

  it('ends when the caller gives up, at whatever moment', async () => {
    const parts = [
      '',
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n',
      httpReply('ab').replace(': 2', ': 9'),
    ];
    let part = '';
    let onRequest = () => {};
    await open((socket) => {
      if (part) socket.write(part);
      onRequest();
    });
    const moments: ((abort: () => void) => void)[] = [
      (abort) => queueMicrotask(abort),
      (abort) => setImmediate(abort),
      (abort) => {
        onRequest = abort;
      },
      (abort) => {
        onRequest = () => setImmediate(() => setImmediate(abort));
      },
    ];
    for (part of parts) {
      for (const give of moments) {
        const caller = new AbortController();
        onRequest = () => {};
        give(() => caller.abort());
        expect(await ending(someRequest({ replyAs, context: { signal: caller.signal } }))).toBe('[cancelled]');
      }
    }
    await until(() => server.sockets.size === 0);
    expect(upstream.endpoints()[0]?.inFlight).toBe(0);
  });
});

describe('a streamed reply', () => {
  it('ends its attempt with its headers, and may take longer than that', async () => {
    const clock = new VirtualClock();
    let finish = () => {};
    await open(
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc');
        finish = () => socket.write('def');
      },
      { clock, attemptTimeoutMs: 2_000 },
    );
    const { body } = await upstream.send(someRequest({ replyAs: 'stream' }));
    await clock.advance(2_200);
    finish();
    expect(String(Buffer.concat(await (body as Readable).toArray()))).toBe('abcdef');
  });

  it('counts as in flight until it has been read', async () => {
    let finish = () => {};
    await open((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc');
      finish = () => socket.write('def');
    });
    const { body } = await upstream.send(someRequest({ replyAs: 'stream' }));
    expect(upstream.endpoints()[0]?.inFlight).toBe(1);
    finish();
    for await (const _ of body as Readable);
    await until(() => upstream.endpoints()[0]?.inFlight === 0);
  });

  it('of an error is read whole, so that it can be retried and understood', async () => {
    let attempts = 0;
    await open(
      (socket) => {
        attempts++;
        socket.write(attempts === 1 ? httpReply('{}', { status: '503 Service Unavailable' }) : httpReply('abc'));
      },
      { maxAttempts: 2, backoffBaseMs: 0 },
    );
    expect(await ending(someRequest({ replyAs: 'stream' }))).toBe('abc');
    expect(attempts).toBe(2);
  });
});

describe('a streamed body', () => {
  const body = () => new StreamSource(Readable.from([Buffer.from('once')]));

  it('is sent again where no byte of it was read, and only there', async () => {
    await open((socket) => socket.write(httpReply('{}')));
    await upstream.close();
    // An endpoint that nobody listens on, and one that answers.
    upstream = createUpstream('things', ['http://127.0.0.1:1', address], { maxAttempts: 5, backoffBaseMs: 0 });
    for (let i = 0; i < 6; i++) {
      expect((await upstream.send(somePost({ body: body() }))).status).toBe(200);
    }
    expect(server.requests.join('').match(/once/g)).toHaveLength(6);
  });

  it('is not sent twice, even where the reply says that it may be', async () => {
    const problem = httpReply('{"type":"https://x/unavailable"}', { status: '503 Service Unavailable' });
    await open((socket, text) => /once/.test(text) && socket.write(problem), { maxAttempts: 3 });
    const { status } = await upstream.send(somePost({ body: body(), safety: 'keyed' }));
    expect(status).toBe(503);
    expect(server.requests.join('').match(/once/g)).toHaveLength(1);
  });
});
