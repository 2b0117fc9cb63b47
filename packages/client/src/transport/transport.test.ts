import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CallError } from '@parley/contract';
import { HeldAnswers } from '../../test-fixtures/held-answers.ts';
import { type Behaviour, deadAddress, httpReply, RawServer, until } from '../../test-fixtures/raw-server.ts';
import { rejection, somePost, someRequest } from '../../test-fixtures/sample.ts';
import type { CallRequest } from '../layer.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { createUpstream, type Upstream } from '../upstream.ts';
import type { Reply } from './reply.ts';

// One attempt only, so that what the wire did is what the caller sees.
const options: Partial<UpstreamOptions> = {
  maxAttempts: 1,
  callTimeoutMs: 20_000,
  attemptTimeoutMs: 15_000,
  maxReplyBytes: 1_000,
};
/** For a server that says nothing more. All else is noticed at once: a busy machine must not make it late. */
const short = { callTimeoutMs: 300, attemptTimeoutMs: 300 };

let closeables: { close(): Promise<void> }[];
beforeEach(() => {
  closeables = [];
});
afterEach(async () => {
  for (const closeable of closeables.reverse()) await closeable.close();
});

async function upstreamOf(behave: Behaviour, given: Partial<UpstreamOptions> = {}) {
  const server = new RawServer(behave);
  const address = await server.listen();
  const upstream = createUpstream('things', address, { ...options, ...given });
  closeables.push(server, upstream);
  return { server, address, upstream };
}

/** What a call fails with. */
function failure(upstream: Upstream, request: CallRequest = someRequest()): Promise<CallError> {
  return rejection(upstream.send(request));
}

const secrets = { authorization: 'Bearer s3cret-token', cookie: 'sid=s3cret-cookie' };
const secretPost = () => somePost({ headers: secrets, body: '{"password":"s3cret-body"}' });

describe('transport', () => {
  it('brings back status, headers and body', async () => {
    const reply = httpReply('{"ok":true}', { status: '201 Created', headers: { 'x-a': '1' } });
    const { upstream, address } = await upstreamOf((socket) => socket.write(reply));
    const { status, headers, body, origin } = await upstream.send(someRequest());
    expect({ status, body, a: headers['x-a'] }).toEqual({ status: 201, body: '{"ok":true}', a: '1' });
    expect(origin).toEqual({ operation: 'GET /api/things/{id}', endpoint: address, attempts: 1 });
  });

  it('brings back bytes as they are, and text of many bytes', async () => {
    const { upstream } = await upstreamOf((socket) => {
      const bytes = Buffer.from('żółć €');
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`);
      // Cut within a character.
      socket.write(bytes.subarray(0, 3), () => setImmediate(() => socket.write(bytes.subarray(3))));
    });
    expect((await upstream.send(someRequest())).body).toBe('żółć €');
    expect((await upstream.send(someRequest({ replyAs: 'bytes' }))).body).toEqual(Buffer.from('żółć €'));
  });

  it('sends method, path, headers and body, and nothing of its own beyond what HTTP needs', async () => {
    const { upstream, server, address } = await upstreamOf((socket) => socket.write(httpReply('{}')));
    await upstream.send(
      somePost({
        path: '/api/things?a=%20b',
        headers: { 'x-a': '1', 'content-type': 'application/json' },
        body: '"żółć"',
      }),
    );
    const [head, body] = server.requests.join('').split('\r\n\r\n');
    expect(body).toBe('"żółć"');
    expect(Number(/timeout-ms: (\d+)/.exec(head ?? '')?.[1])).toBeGreaterThan(10_000);
    const fields = head?.replace(/(?<=timeout-ms: )1\d{4}\b/, 'what is left').split('\r\n');
    expect(fields?.sort()).toEqual(
      [
        'POST /api/things?a=%20b HTTP/1.1',
        `host: ${address.slice('http://'.length)}`,
        'connection: keep-alive',
        'content-length: 10',
        'content-type: application/json',
        'x-a: 1',
        'x-attempts-left: 0',
        'x-request-timeout-ms: what is left',
      ].sort(),
    );
  });

  it('calls a body that is not there nothing', async () => {
    const { upstream, server } = await upstreamOf((socket) => socket.write(httpReply('{}')));
    await upstream.send(somePost());
    expect(server.requests[0]).not.toMatch(/content-type/i);
  });

  it('keeps connections open between requests', async () => {
    const { upstream, server } = await upstreamOf((socket) => socket.write(httpReply('{}')));
    for (let i = 0; i < 20; i++) await upstream.send(someRequest());
    // Two, since undici lets a socket rest for one turn of the event loop.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it('opens no more than maxConnections, and serves all that wait', async () => {
    const held = new HeldAnswers();
    const answer: Behaviour = (socket) => held.hold(() => socket.write(httpReply('{}')));
    const { upstream, server } = await upstreamOf(answer, { maxConnections: 3 });
    const calls = Array.from({ length: 30 }, () => upstream.send(someRequest()));
    await until(() => held.count === 3);
    held.open();
    await Promise.all(calls);
    expect(server.connections).toBe(3);
  });

  it('closes an idle connection after idleConnectionMs, even if the server offers to keep it longer', async () => {
    const reply = httpReply('{}', { headers: { 'keep-alive': 'timeout=65' } });
    const { upstream, server } = await upstreamOf((socket) => socket.write(reply), { idleConnectionMs: 50 });
    await upstream.send(someRequest());
    await until(() => server.sockets.size === 0);
  });

  it('reads past early hints', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n';
    const { upstream } = await upstreamOf((socket) => socket.write(hints + httpReply('{"a":1}')));
    const { status, headers, body } = await upstream.send(someRequest());
    expect({ status, body, link: headers.link }).toEqual({ status: 200, body: '{"a":1}', link: undefined });
  });

  it('reads a body that ends with the connection', async () => {
    const { upstream } = await upstreamOf((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall'));
    expect((await upstream.send(someRequest())).body).toBe('all');
  });

  it('gives the reply, and drops the connection, where bytes follow it', async () => {
    const { upstream, server } = await upstreamOf((socket) => socket.write(`${httpReply('{"a":1}')}extra bytes`));
    for (let i = 0; i < 3; i++) expect((await upstream.send(someRequest())).body).toBe('{"a":1}');
    expect(server.connections).toBe(3);
  });

  describe('where the server misbehaves', () => {
    const misbehaviours: [string, Behaviour, CallError['code']][] = [
      ['resets the connection', (socket) => socket.resetAndDestroy(), 'unavailable'],
      ['closes before a reply', (socket) => socket.end(), 'unavailable'],
      ['never answers', () => {}, 'deadline_exceeded'],
      ['sends half a head', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-le'), 'deadline_exceeded'],
      [
        'sends half a body and closes',
        (socket) => socket.end(httpReply('{"half":').replace(': 8', ': 80')),
        'unavailable',
      ],
      [
        'sends half a body and stalls',
        (socket) => socket.write(httpReply('{"half":').replace(': 8', ': 80')),
        'deadline_exceeded',
      ],
      [
        'drips its body',
        (socket) => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n');
          const drip = setInterval(() => socket.write('.'), 20);
          socket.on('close', () => clearInterval(drip));
        },
        'deadline_exceeded',
      ],
      [
        'sends early hints for ever',
        (socket) => {
          const drip = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
          socket.on('close', () => clearInterval(drip));
        },
        'deadline_exceeded',
      ],
      ['sends garbage', (socket) => socket.write('\u0000\u0001 what is this\r\n\r\n'), 'invalid_reply'],
      [
        'sends a wrong chunk',
        (socket) => socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
        'invalid_reply',
      ],
      [
        'announces a body too large and stalls',
        (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n'),
        'invalid_reply',
      ],
      ['sends a body too large', (socket) => socket.write(httpReply('x'.repeat(100_000))), 'invalid_reply'],
      [
        'sends a body too large in chunks',
        (socket) =>
          socket.write(
            `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'64\r\n'.concat('x'.repeat(100), '\r\n').repeat(50)}`,
          ),
        'invalid_reply',
      ],
      [
        'sends a head too large',
        (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`),
        'invalid_reply',
      ],
      [
        'sends an encoding that was not asked for',
        (socket) => socket.write(httpReply('x', { headers: { 'content-encoding': 'gzip' } })),
        'invalid_reply',
      ],
    ];

    it.each(misbehaviours)(
      'that %s, a call fails in time, may have been processed, and keeps its secrets',
      async (_, behave, code) => {
        const { upstream, server, address } = await upstreamOf(behave, {
          idleConnectionMs: 50,
          ...(code === 'deadline_exceeded' && short),
        });
        for (const request of [someRequest({ headers: secrets }), secretPost()]) {
          const error = await failure(upstream, request);
          expect(error).toMatchObject({ code, isUnprocessed: false, operation: request.label, endpoint: address });
          expectNoSecret(error);
        }
        await until(() => server.sockets.size === 0); // a broken connection is not kept
        expect(upstream.endpoints()[0]?.inFlight).toBe(0);
      },
    );

    it('that shows part of a reply in its parser error, it is not handed on', async () => {
      const { upstream } = await upstreamOf((socket) =>
        socket.write('HTTP/1.1 200 OK\r\nx: \u0000 s3cret-in-reply\r\n\r\n'),
      );
      expectNoSecret(await failure(upstream));
    });
  });

  it('says that a refused connection was never processed', async () => {
    const address = await deadAddress();
    const upstream = createUpstream('things', address, options);
    closeables.push(upstream);
    const error = await failure(upstream, secretPost());
    expect(error.message).toBe('[unavailable] POST /api/things: cannot connect (ECONNREFUSED)');
    expect(error).toMatchObject({ isUnprocessed: true, endpoint: address, attempts: 1 });
    expectNoSecret(error);
  });

  it('recovers from connections that the server closed between requests', async () => {
    const { upstream, server } = await upstreamOf((socket) => socket.write(httpReply('{}')));
    for (let i = 0; i < 3; i++) {
      expect((await upstream.send(someRequest())).status).toBe(200);
      for (const socket of server.sockets) socket.end();
      await until(() => server.sockets.size === 0);
    }
    expect(server.connections).toBe(3);
  });

  it('refuses a header that cannot be sent, blames no endpoint for it, and sends nothing', async () => {
    const { upstream, server } = await upstreamOf((socket) => socket.write(httpReply('{}')));
    for (let i = 0; i < 30; i++) {
      const error = await failure(upstream, someRequest({ headers: { 'bad name': 's3cret' } }));
      expect(error).toMatchObject({ code: 'invalid_input', operation: 'GET /api/things/{id}' });
      expectNoSecret(error);
    }
    expect(upstream.endpoints()[0]?.circuit).toBe('closed');
    expect(server.requests).toEqual([]);
  });

  it('stops at once when the caller gives up, and closes the connection', async () => {
    const { upstream, server } = await upstreamOf(() => {});
    const caller = new AbortController();
    const call = rejection(upstream.send(someRequest({ context: { signal: caller.signal } })));
    await until(() => server.requests.length === 1);
    caller.abort();
    expect((await call).code).toBe('cancelled');
    await until(() => server.sockets.size === 0);
  });

  it('does not send what was given up while it waited for a connection', async () => {
    const held = new HeldAnswers();
    const answer: Behaviour = (socket) => held.hold(() => socket.write(httpReply('{}')));
    const { upstream, server } = await upstreamOf(answer, { maxConnections: 1 });
    const caller = new AbortController();
    const first = upstream.send(someRequest({ path: '/first' }));
    const waiting = rejection(upstream.send(someRequest({ path: '/waiting', context: { signal: caller.signal } })));
    await until(() => server.requests.length === 1);
    caller.abort();
    held.open();
    await Promise.all([first, waiting]);
    await upstream.send(someRequest({ path: '/last' }));
    expect(server.requests.map((text) => text.split(' ')[1])).toEqual(['/first', '/last']);
  });

  describe('interceptors', () => {
    const requests: Record<string, CallRequest> = {
      'a GET': someRequest({ headers: { accept: 'application/json', 'x-a': ' padded\t' } }),
      'a POST': somePost({ headers: { 'content-type': 'application/json' }, body: '{"a":"ż"}' }),
      'a POST without a body': somePost(),
      'bytes both ways': somePost({ replyAs: 'bytes', body: Buffer.from([1, 2, 3]) }),
      'a header with control characters': someRequest({ headers: { 'x-a': 'a\r\nx-b: \u0000b' } }),
      'a header that cannot be sent': someRequest({ headers: { 'bad name': 'a' } }),
    };
    it.each(Object.entries(requests))(
      'change nothing of their own in %s, on the wire or in the reply',
      async (_, request) => {
        const headers = { 'set-cookie': 'a=1', 'x-reply': 'b' };
        const { upstream, server } = await upstreamOf((socket) => socket.write(httpReply('{"ok":true}', { headers })));
        const seen = async () => {
          const outcome = await upstream.send(request).catch((error: CallError) => error.toJSON());
          const { status, headers, body } = outcome as Partial<Reply>;
          const lines = server.requests
            .splice(0)
            .join('')
            .split('\r\n')
            .map((line) => line.replace(/[\t ]+$|(?<=: ) +/g, '').replace(/(?<=timeout-ms: )\d+/, 'what is left'));
          return { outcome: body ? { status, body, headers: { ...headers } } : outcome, wire: lines.sort() };
        };
        const without = await seen();
        upstream.interceptors.request.use((config) => config);
        upstream.interceptors.response.use((response) => response);
        expect(await seen()).toEqual(without);
      },
    );

    it('get a signal that they can hand to others', async () => {
      const { upstream } = await upstreamOf((socket) => socket.write(httpReply('{}')));
      let signal: unknown;
      upstream.interceptors.request.use((config) => {
        signal = config.signal;
        return config;
      });
      await upstream.send(someRequest());
      expect(signal).toBeInstanceOf(AbortSignal);
    });

    it('see each attempt', async () => {
      let attempts = 0;
      const { upstream, server } = await upstreamOf(
        (socket) => socket.write(httpReply('{}', attempts < 2 ? { status: '503 Service Unavailable' } : {})),
        { maxAttempts: 3 },
      );
      upstream.interceptors.request.use((config) => {
        attempts++;
        config.headers.set('authorization', `Bearer token-${attempts}`);
        return config;
      });
      expect((await upstream.send(someRequest())).status).toBe(200);
      expect(server.requests.map((text) => /token-\d/.exec(text)?.[0])).toEqual(['token-1', 'token-2']);
    });

    it('leave it to the layers to judge a status', async () => {
      const { upstream } = await upstreamOf((socket) => socket.write(httpReply('{}', { status: '404 Not Found' })));
      upstream.interceptors.request.use((config) => ({ ...config, validateStatus: (status) => status < 400 }));
      expect((await upstream.send(someRequest())).status).toBe(404);
    });

    it('end the call with what they throw, and no endpoint is blamed', async () => {
      const { upstream, server } = await upstreamOf((socket) => socket.write(httpReply('{}')), { maxAttempts: 3 });
      const { AxiosError } = await import('../axios/axios.ts');
      // As a token service that is down looks like to an interceptor that asks it with axios.
      const thrown = new AxiosError('connect ECONNREFUSED', 'ECONNREFUSED');
      upstream.interceptors.request.use(() => Promise.reject(thrown));
      for (let i = 0; i < 20; i++) await expect(upstream.send(someRequest())).rejects.toBe(thrown);
      expect(upstream.endpoints()[0]?.circuit).toBe('closed');
      expect(server.requests).toEqual([]);
    });

    it('are bounded by the attempt timeout', async () => {
      const { upstream } = await upstreamOf((socket) => socket.write(httpReply('{}')), short);
      upstream.interceptors.request.use(() => new Promise(() => {}));
      expect((await failure(upstream)).code).toBe('deadline_exceeded');
    });
  });
});

function expectNoSecret(error: CallError): void {
  const texts = [JSON.stringify(error), error.stack, String(error), error.message];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    texts.push(inspect(cause, { depth: 20, showHidden: true }), cause.stack, JSON.stringify(cause));
  }
  for (const text of texts) expect(text).not.toContain('s3cret');
}
