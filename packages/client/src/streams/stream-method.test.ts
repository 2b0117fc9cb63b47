import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CallError,
  defineContract,
  defineError,
  framings,
  get,
  now,
  post,
  problemOf,
  runInContext,
  stream,
} from '@parley/contract';
import { z } from 'zod';
import { unchanging } from '../../../../test/eventually.ts';
import { until } from '../../test-fixtures/raw-server.ts';
import { rejection } from '../../test-fixtures/sample.ts';
import { createClient } from '../client.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { createUpstream, type Upstream } from '../upstream.ts';

const tooMany = defineError('too_many', { status: 409, title: 'Too many', data: z.object({ most: z.number() }) });
const item = z.object({ n: z.number(), text: z.string().optional() });
const input = z.object({ from: z.number().max(100).optional() });
const counter = defineContract('counter', {
  events: get('/events', { summary: 's', input, output: stream(item, { as: 'sse' }), errors: [tooMany] }),
  lines: get('/lines', { summary: 's', input, output: stream(item, { as: 'ndjson' }), errors: [tooMany] }),
  push: post('/push', { summary: 's', input, output: stream(item, { as: 'ndjson' }) }),
});

const { ndjson, sse } = framings;
let answer: (response: ServerResponse, url: string) => void;
let requests: { url: string; headers: Record<string, unknown> }[];
let sockets: Set<Socket>;
let connections: number;
let address: string;
let close: () => Promise<void>;
let upstreams: Upstream[];

beforeEach(async () => {
  [requests, sockets, connections, upstreams] = [[], new Set(), 0, []];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers });
    answer(response, request.url ?? '');
  });
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
});
afterEach(async () => {
  await Promise.all(upstreams.map((upstream) => upstream.close()));
  await close();
});

function calling(options: Partial<UpstreamOptions> = {}) {
  const upstream = createUpstream('counter', address, { backoffBaseMs: 1, ...options });
  upstreams.push(upstream);
  return createClient(counter, upstream);
}

function asLines(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'application/x-ndjson' });
}

function asEvents(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
}

/** What a stream gave, and what it ended with. */
async function all(items: AsyncIterable<{ n: number }>, onItem = () => {}) {
  const seen: number[] = [];
  try {
    for await (const { n } of items) {
      seen.push(n);
      onItem();
    }
    return { seen, code: undefined };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return { seen, code: error.code, error };
  }
}

const next = (items: AsyncIterable<unknown>) => items[Symbol.asyncIterator]().next();

describe('a stream', () => {
  it('gives its items, and leaves the socket to the next', async () => {
    answer = (response, url) => {
      if (url.startsWith('/lines'))
        asLines(response).end(ndjson.item({ n: 1 }) + ndjson.heartbeat + ndjson.item({ n: 2 }));
      else asEvents(response).end(sse.item({ n: 3 }) + sse.heartbeat + sse.item({ n: 4 }) + sse.end);
    };
    const client = calling();
    expect((await all(client.lines({ from: 1 }))).seen).toEqual([1, 2]);
    // Idle, and ready for the next: undici lets a socket rest for a turn.
    const idle = () => upstreams[0]?.endpoints()[0]?.connections.idle;
    expect(await unchanging(idle)).toBe(1);
    expect((await all(client.events())).seen).toEqual([3, 4]);
    expect(await unchanging(idle)).toBe(1);
    expect((await all(client.events())).seen).toEqual([3, 4]);
    expect(connections).toBe(1);
    expect(requests[0]).toMatchObject({
      url: '/lines?from=1',
      headers: { accept: 'application/x-ndjson, application/problem+json' },
    });
  });

  it('gives each item as it comes', async () => {
    let response: ServerResponse | undefined;
    answer = (given) => {
      response = given;
      asEvents(given).write(sse.item({ n: 1 }));
    };
    const items = calling().events()[Symbol.asyncIterator]();
    expect(await items.next()).toEqual({ done: false, value: { n: 1 } });
    response?.write(sse.item({ n: 2 }));
    expect(await items.next()).toEqual({ done: false, value: { n: 2 } });
    response?.end(sse.end);
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  it('may be empty', async () => {
    answer = (response, url) => (url === '/lines' ? asLines(response).end() : asEvents(response).end(sse.end));
    expect(await all(calling().lines())).toEqual({ seen: [], code: undefined });
    expect(await all(calling().events())).toEqual({ seen: [], code: undefined });
  });

  it('sends nothing before the first item is asked for, and nothing that breaks the contract', async () => {
    const client = calling();
    client.lines();
    await client.lines()[Symbol.asyncIterator]().return?.();
    expect((await rejection(next(client.lines({ from: 101 })))).code).toBe('invalid_input');
    expect(requests).toEqual([]);
  });
});

describe('what ends a stream early', () => {
  it('arrives as the server sent it', async () => {
    const problem = problemOf(tooMany('too many', { most: 2 }), 'Too many', undefined);
    answer = (response, url) => {
      if (url === '/lines') asLines(response).end(ndjson.item({ n: 1 }) + ndjson.problem(problem));
      else asEvents(response).end(sse.item({ n: 1 }) + sse.problem(problem));
    };
    for (const items of [calling().lines(), calling().events()]) {
      const { seen, error } = await all(items);
      expect(seen).toEqual([1]);
      expect(tooMany.is(error) && error.data).toEqual({ most: 2 });
      expect(error).toMatchObject({ status: 409, endpoint: address, attempts: 1 });
    }
  });

  it('is none where the last line has no line feed, and HTTP ends well', async () => {
    answer = (response, url) => {
      const text = `${ndjson.item({ n: 1 })}{"n":2}`;
      if (url.includes('from=1')) response.setHeader('content-length', text.length);
      asLines(response).end(text);
    };
    for (const input of [{}, { from: 1 }]) {
      expect(await all(calling().lines(input))).toEqual({ seen: [1, 2], code: undefined });
    }
  });

  it.each([201, 206])('is an answer with status %d, where the contract has another', async (status) => {
    answer = (response) =>
      response.writeHead(status, { 'content-type': 'application/x-ndjson' }).end(ndjson.item({ n: 1 }));
    const { seen, error } = await all(calling().lines());
    expect([seen, error?.code]).toEqual([[], 'invalid_reply']);
    expect(error?.detail).toMatch(`answered with status ${status}`);
  });

  it.each([
    ['the connection is cut', (response: ServerResponse) => response.destroy()],
    [
      'it is cut after a whole item without its line feed',
      (response: ServerResponse) => response.write('{"n":2}', () => response.destroy()),
    ],
    ['an item is cut', (response: ServerResponse) => response.end('{"n":')],
  ])('is an error where %s', async (_, cut) => {
    let cutOff = () => {};
    answer = (response) => {
      asLines(response).write(ndjson.item({ n: 1 }));
      cutOff = () => cut(response);
    };
    expect(await all(calling().lines(), () => cutOff())).toMatchObject({ seen: [1], code: 'unavailable' });
    expect(requests).toHaveLength(1);
  });

  it('is an error where undici finds the last chunk missing, and names its code', async () => {
    let cutOff = () => {};
    answer = (response) => {
      asLines(response).write(ndjson.item({ n: 1 }));
      cutOff = () => response.socket?.end();
    };
    const { error } = await all(calling().lines(), () => cutOff());
    expect(error?.detail).toBe('the connection broke (ECONNRESET)');
  });

  it('is an error where events end without the end event', async () => {
    answer = (response) => asEvents(response).end(sse.item({ n: 1 }));
    expect(await all(calling().events())).toMatchObject({ seen: [1], code: 'unavailable' });
  });

  it.each([
    ['an item breaks the contract', ndjson.item({ n: 'one' }), 'n: Invalid input'],
    ['an item is no JSON', '{n}\n', 'not JSON'],
    ['an item is too large', ndjson.item({ n: 2, text: 'x'.repeat(2_000) }), 'longer than 1000 bytes'],
  ])('is an invalid reply where %s', async (_, text, detail) => {
    answer = (response) => asLines(response).end(ndjson.item({ n: 1 }) + text);
    const { seen, error } = await all(calling({ maxItemBytes: 1_000 }).lines());
    expect([seen, error?.code, error?.operation]).toEqual([[1], 'invalid_reply', 'GET /lines']);
    expect(error?.detail).toContain(detail);
  });

  it('is an invalid reply where an error is larger than replies may be, and says which limit to raise', async () => {
    answer = (response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('x'.repeat(101));
    const { code, error } = await all(calling({ maxReplyBytes: 100, maxAttempts: 1 }).lines());
    expect([code, error?.detail]).toEqual([
      'invalid_reply',
      'the reply with status 404 is larger than 100 bytes (maxReplyBytes): raise that limit',
    ]);
  });

  it('is an invalid reply where it is no stream', async () => {
    answer = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    const { error } = await all(calling().lines());
    expect(error?.detail).toBe(
      'breaks the contract: answered with status 200 and content type text/html, not application/x-ndjson',
    );
  });
});

describe('up to the first byte', () => {
  const broken = [
    ['an error', (response: ServerResponse) => response.writeHead(503).end()],
    ['a cut connection', (response: ServerResponse) => response.destroy()],
    [
      'a head without a body',
      (response: ServerResponse) => {
        asLines(response).flushHeaders();
        response.socket?.write('', () => response.destroy());
      },
    ],
    ['a head and silence', (response: ServerResponse) => asLines(response).flushHeaders()],
  ] as const;

  it.each(broken)('is tried again after %s', async (_, fail) => {
    answer = (response) => {
      if (requests.length === 1) fail(response);
      else asLines(response).end(ndjson.item({ n: 1 }));
    };
    expect(await all(calling({ attemptTimeoutMs: 1_000 }).lines())).toEqual({ seen: [1], code: undefined });
    expect(requests).toHaveLength(2);
  });

  it.each(broken)('is not tried again after %s, where it must not be sent twice', async (_, fail) => {
    answer = (response) => fail(response);
    const { code } = await all(calling({ firstItemTimeoutMs: 1_000 }).push({}));
    expect(['unavailable', 'deadline_exceeded']).toContain(code);
    expect(requests).toHaveLength(1);
  });

  it("gives the contract's own errors typed", async () => {
    answer = (response) => {
      const problem = problemOf(tooMany('too many', { most: 3 }), 'Too many', undefined);
      response.writeHead(409, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    };
    const { error } = await all(calling().lines());
    expect(tooMany.is(error) && error.data).toEqual({ most: 3 });
  });
});

describe('a reader of a stream', () => {
  /** A server that writes as fast as it may. */
  function flood() {
    const state = { written: 0, hasHungUp: false };
    const text = ndjson.item({ n: 1, text: 'x'.repeat(10_000) });
    answer = (response) => {
      asLines(response).on('close', () => {
        state.hasHungUp = true;
      });
      const more = () => {
        while (!response.destroyed && state.written < 10_000) {
          state.written++;
          if (!response.write(text)) return response.once('drain', more);
        }
      };
      more();
    };
    return state;
  }

  it('holds the server back by reading slowly', async () => {
    const state = flood();
    const items = calling().lines()[Symbol.asyncIterator]();
    await items.next();
    const before = await unchanging(() => state.written);
    expect(before).toBeLessThan(2_000); // of 100 MB, what the sockets' buffers take
    for (let i = 0; i < 1_000; i++) await items.next();
    await until(() => state.written > before);
    await items.return?.();
  });

  it('ends it by break: the server sees it, the socket is gone', async () => {
    const state = flood();
    for await (const _ of calling().lines()) break;
    await until(() => state.hasHungUp && sockets.size === 0);
  });

  it('ends it by return while an item is awaited', async () => {
    answer = (response) => asEvents(response).write(sse.item({ n: 1 }));
    const items = calling().events()[Symbol.asyncIterator]();
    await items.next();
    const pending = items.next();
    expect(await items.return?.()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    await until(() => sockets.size === 0);
  });

  it('ends it by return while it is still being opened', async () => {
    answer = () => {};
    const items = calling().events()[Symbol.asyncIterator]();
    const pending = items.next();
    await until(() => requests.length === 1);
    await items.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    await until(() => sockets.size === 0);
  });

  it('ends it by a signal, at any moment', async () => {
    answer = (response, url) => {
      if (url === '/events') asEvents(response).write(sse.item({ n: 1 }));
    };
    const client = calling();
    for (const open of [client.events, client.lines]) {
      const controller = new AbortController();
      const ended = all(open({}, { signal: controller.signal }));
      const sent = requests.length;
      await until(() => requests.length > sent);
      controller.abort();
      expect((await ended).code).toBe('cancelled');
      await until(() => sockets.size === 0);
    }
  });

  it('counts for the balancer while it is open', async () => {
    answer = (response) => asEvents(response).write(sse.item({ n: 1 }));
    const items = calling().events()[Symbol.asyncIterator]();
    await items.next();
    expect(upstreams[0]?.endpoints()).toMatchObject([{ inFlight: 1 }]);
    await items.return?.();
    await until(() => upstreams[0]?.endpoints()[0]?.inFlight === 0);
  });

  it('ends it by closing the upstream', async () => {
    answer = (response) => asEvents(response).write(sse.item({ n: 1 }));
    const items = calling().events()[Symbol.asyncIterator]();
    await items.next();
    const pending = rejection(items.next());
    await upstreams[0]?.close();
    expect((await pending).code).toBe('unavailable');
    await until(() => sockets.size === 0);
  });
});

describe('the time of a stream', () => {
  const trickle = (everyMs: number, text: string) => (response: ServerResponse) => {
    asEvents(response).write(sse.item({ n: 1 }));
    const timer = setInterval(() => response.write(text), everyMs);
    response.on('close', () => clearInterval(timer));
  };

  it('is limited to the first item, heartbeats or not', async () => {
    answer = (response) => asEvents(response).write(sse.heartbeat);
    // Enough for the head on a busy machine, and no second attempt.
    const { error } = await all(calling({ maxAttempts: 1 }).events({}, { firstItemTimeoutMs: 1_000 }));
    expect([error?.code, error?.detail]).toEqual(['deadline_exceeded', 'the first item did not come in time']);
    answer = () => {};
    expect((await all(calling({ firstItemTimeoutMs: 80, maxAttempts: 1 }).events())).code).toBe('deadline_exceeded');
    await until(() => sockets.size === 0);
  });

  it('is limited in silence', async () => {
    answer = (response) => asEvents(response).write(sse.item({ n: 1 }));
    const clock = new VirtualClock();
    const items = calling({ clock }).events({}, { idleTimeoutMs: 80 })[Symbol.asyncIterator]();
    await items.next();
    const silence = rejection(items.next());
    await clock.advance(80);
    expect(await silence).toMatchObject({ code: 'deadline_exceeded', detail: 'the stream was silent for 80 ms' });
  });

  it('does not run while no read waits for an item', async () => {
    answer = (response) => asEvents(response).end(sse.item({ n: 1 }) + sse.item({ n: 2 }) + sse.end);
    const clock = new VirtualClock();
    const items = calling({ clock }).events({}, { idleTimeoutMs: 30 })[Symbol.asyncIterator]();
    await items.next();
    await clock.advance(100);
    expect(await items.next()).toEqual({ done: false, value: { n: 2 } });
  });

  it('may be more than any other call has', async () => {
    let end = () => {};
    answer = (response) => {
      asEvents(response).write(sse.item({ n: 1 }));
      end = () => response.end(sse.item({ n: 2 }) + sse.end);
    };
    const clock = new VirtualClock();
    const items = calling({ clock, callTimeoutMs: 100, firstItemTimeoutMs: 100 }).events();
    const reading = items[Symbol.asyncIterator]();
    await reading.next();
    await clock.advance(1_000);
    end();
    expect(await reading.next()).toEqual({ done: false, value: { n: 2 } });
    expect((await reading.next()).done).toBe(true);
  });

  it('is never more than the caller allows, or than the request that is being served has', async () => {
    answer = trickle(20, sse.item({ n: 2 }));
    // On a busy machine the first of several attempts may end for itself.
    const client = calling({ maxAttempts: 1 });
    expect((await all(client.events({}, { timeoutMs: 100 }))).code).toBe('deadline_exceeded');
    // In the context where the method is called, not where it is read.
    const served = runInContext({ deadlineMs: now() + 100 }, () => client.events());
    expect((await all(served)).code).toBe('deadline_exceeded');
    await until(() => sockets.size === 0);
  });
});
