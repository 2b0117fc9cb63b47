import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type CallContext,
  CallError,
  currentContext,
  defineContract,
  defineError,
  get,
  stream,
} from '@parley/contract';
import { z } from 'zod';
import { eventually, unchanging } from '../../../../test/eventually.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { headOf, listening, textOf } from '../../test-fixtures/streamed.ts';
import { createApp } from '../app.ts';
import type { AppOptions } from '../app-options.ts';

const tooMany = defineError('too_many', { status: 409, title: 'Too many', data: z.object({ most: z.number() }) });
const item = z.object({ n: z.number(), text: z.string().optional() });
const input = z.object({ from: z.coerce.number().default(1) });
const errors = [tooMany];
const counter = defineContract('counter', {
  events: get('/events', { summary: 's', input, output: stream(item, { as: 'sse' }), errors }),
  lines: get('/lines', { summary: 's', input, output: stream(item, { as: 'ndjson' }), errors }),
});

type Item = { n: number; text?: string };
type Count = (input: { from: number }, context?: CallContext) => AsyncIterable<Item>;

let close = async () => {};
afterEach(() => close());

async function serving(count: Count, options: AppOptions = {}) {
  const log = capturedLog();
  const app = createApp(counter, { events: count, lines: count }, { logger: log.logger, ...options });
  const server = await listening(app);
  close = server.close;
  return { port: server.port, log };
}

const twice: Count = async function* ({ from }) {
  yield { n: from };
  yield { n: from + 1 };
};

describe('streamedHandler', () => {
  it('sends items as server-sent events, with an event that says it is the end', async () => {
    const { port } = await serving(twice);
    const response = await headOf(port, '/events?from=5', { headers: { 'accept-encoding': 'gzip, br' } });
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'transfer-encoding': 'chunked',
    });
    expect(response.headers).not.toHaveProperty('content-encoding');
    expect(await textOf(response)).toBe('data: {"n":5}\n\ndata: {"n":6}\n\nevent: end\ndata:\n\n');
  });

  it('sends items as lines of JSON until the body ends', async () => {
    const { port } = await serving(twice);
    const response = await headOf(port, '/lines');
    expect(response.headers['content-type']).toBe('application/x-ndjson');
    expect(await textOf(response)).toBe('{"n":1}\n{"n":2}\n');
  });

  it('sends each item at once', async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { port } = await serving(async function* () {
      yield { n: 1 };
      await gate;
      yield { n: 2 };
    });
    const response = await headOf(port, '/events', { headers: { 'accept-encoding': 'gzip' } });
    const [first] = await once(response, 'data');
    expect(String(first)).toBe('data: {"n":1}\n\n');
    go();
    const [second] = await once(response, 'data');
    expect(String(second)).toContain('data: {"n":2}\n\n');
  });

  it('answers HEAD without running the handler', async () => {
    const { port } = await serving(() => {
      throw new Error('not to be run');
    });
    const response = await headOf(port, '/events', { method: 'HEAD' });
    expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/event-stream']);
  });

  it('answers an early failure with an ordinary problem', async () => {
    const { port } = await serving(async function* ({ from }) {
      if (from > 9) throw tooMany('too many', { most: 9 });
      yield { n: from, ...{ text: 7 as unknown as string } };
    });
    const declared = await headOf(port, '/events?from=10');
    expect([declared.statusCode, JSON.parse(await textOf(declared))]).toEqual([
      409,
      expect.objectContaining({ type: 'urn:parley:problem:too_many', most: 9 }),
    ]);
    expect((await headOf(port, '/events?from=x')).statusCode).toBe(400);
    expect((await headOf(port, '/events')).statusCode).toBe(500); // the item breaks the contract
  });

  it('ends with a problem where it fails later, and logs what it hides', async () => {
    const { port, log } = await serving(async function* ({ from }) {
      yield { n: 1 };
      if (from === 2) throw tooMany('too many', { most: 1 });
      throw new Error('secret');
    });
    const hidden = await textOf(await headOf(port, '/events'));
    expect(hidden).toMatch(/^data: \{"n":1\}\n\nevent: problem\ndata: \{"type":"urn:parley:problem:internal".*\}\n\n$/);
    expect(hidden).not.toContain('secret');
    expect(log.text()).toContain('secret');
    const [, last = ''] = (await textOf(await headOf(port, '/lines?from=2'))).split('\n');
    expect(JSON.parse(last)).toMatchObject({
      $problem: { type: 'urn:parley:problem:too_many', title: 'Too many', most: 1 },
    });
  });

  it('takes from the handler no more than the client reads', async () => {
    let made = 0;
    const text = 'x'.repeat(10_000);
    const { port } = await serving(async function* () {
      for (; made < 10_000; made++) yield { n: made, text };
    });
    const response = await headOf(port, '/lines');
    // Socket buffers take a few MB; 100 MB would be all.
    const before = await unchanging(() => made);
    expect(before).toBeLessThan(2_000);
    response.resume();
    await eventually(() => made > before);
  });

  it('ends the handler when the client hangs up, whether that waits or works', async () => {
    let ended = 0;
    const { port, log } = await serving(async function* ({ from }, context) {
      try {
        yield { n: 1 };
        for (;;) {
          if (from === 1 && context?.signal) await once(context.signal, 'abort');
          await turn();
          context?.signal?.throwIfAborted();
          yield { n: 2 };
        }
      } finally {
        ended++;
      }
    });
    for (const from of [1, 2]) {
      const response = await headOf(port, `/events?from=${from}`);
      response.destroy();
      await eventually(() => ended === from);
    }
    expect(log.lines.map(({ msg }) => msg)).toEqual(['client went away', 'client went away']);
  });

  it("bounds the first item by the request's time, and nothing after it", async () => {
    const more = Promise.withResolvers<void>();
    const { port } = await serving(
      async function* ({ from }) {
        if (from === 2) await new Promise(() => {});
        yield { n: 1 };
        await more.promise;
        yield { n: 2 };
      },
      { requestTimeoutMs: 300 },
    );
    const stream = await headOf(port, '/lines');
    // It begins later and has the same time: after its 504 the stream has outlived that time.
    expect((await headOf(port, '/lines?from=2')).statusCode).toBe(504);
    more.resolve();
    expect(await textOf(stream)).toBe('{"n":1}\n{"n":2}\n');
  });

  it('runs the handler in the context of its request, but without a deadline and attempts left, at each item', async () => {
    const seen: CallContext[] = [];
    const { port } = await serving(async function* (_, context = {}) {
      for (let n = 0; n < 3; n++) {
        seen.push(currentContext(), context);
        yield { n };
        await turn();
      }
    });
    const headers = { 'x-request-id': 'r1', 'x-request-priority': 'background', 'x-attempts-left': '2' };
    await textOf(await headOf(port, '/lines', { headers }));
    expect(seen).toHaveLength(6);
    for (const context of seen) {
      expect(context).toMatchObject({ requestId: 'r1', priority: 'background' });
      expect(context.signal).toBeInstanceOf(AbortSignal);
      expect(context).not.toHaveProperty('deadlineMs');
      expect(context).not.toHaveProperty('attemptsLeft');
    }
  });

  it.each([
    ['/events', 'data: {"n":1}\n\n: ping\n\n: ping\n\n'],
    ['/lines', '{"n":1}\n\n\n'],
  ])('sends a heartbeat again and again while it has no item, as %s', async (path, begun) => {
    let end = () => {};
    const silence = new Promise<void>((resolve) => {
      end = resolve;
    });
    const { port } = await serving(
      async function* () {
        yield { n: 1 };
        await silence;
      },
      { heartbeatMs: 20 },
    );
    const response = await headOf(port, path);
    let text = '';
    for await (const chunk of response) {
      text += chunk;
      if (text.startsWith(begun)) end();
    }
    expect(text.startsWith(begun)).toBe(true);
  });

  it('ends when the service stops, and says so', async () => {
    const stopping = new AbortController();
    let reason: unknown;
    const { port } = await serving(
      async function* (_, context) {
        context?.signal?.addEventListener('abort', () => {
          reason = context.signal?.reason;
        });
        yield { n: 1 };
        await new Promise(() => {});
      },
      { stopping: stopping.signal },
    );
    const response = await headOf(port, '/events');
    stopping.abort();
    expect(await textOf(response)).toContain('event: problem\ndata: {"type":"urn:parley:problem:unavailable"');
    expect(reason).toBeInstanceOf(CallError);
    expect((await headOf(port, '/events')).statusCode).toBe(503);
  });
});
