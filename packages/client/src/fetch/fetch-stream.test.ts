import { beforeEach, describe, expect, it } from '@jest/globals';
import { type CallError, defineContract, get, stream } from '@parley/contract';
import { z } from 'zod';
import {
  type FetchStep,
  hangingFetch,
  jsonResponse,
  networkError,
  scriptedFetch,
} from '../../test-fixtures/scripted-fetch.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { createFetchClient } from './fetch-client.ts';

const item = z.object({ n: z.number() });
const ticks = defineContract('ticks', {
  events: get('/events', { summary: 's', output: stream(item, { as: 'sse' }) }),
  lines: get('/lines', { summary: 's', output: stream(item, { as: 'ndjson' }) }),
});
const types = { events: 'text/event-stream', lines: 'application/x-ndjson; charset=utf-8' };
const framed = { events: (n: number) => `data: {"n":${n}}\n\n`, lines: (n: number) => `{"n":${n}}\n` };

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

/** A body that the test writes, and whether its reader has cancelled it. */
function openBody() {
  let writer!: ReadableStreamDefaultController<Uint8Array>;
  const state = { isCancelled: false };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      writer = controller;
    },
    cancel() {
      state.isCancelled = true;
    },
  });
  const write = (text: string) => {
    if (!state.isCancelled) writer.enqueue(new TextEncoder().encode(text));
  };
  return { body, state, write, close: () => writer.close(), cut: () => writer.error(networkError) };
}

const answering = (kind: 'events' | 'lines', body: ReadableStream<Uint8Array>) => async () =>
  new Response(body, { headers: { 'content-type': types[kind] } });

function clientOf(...steps: FetchStep[]) {
  const { fetch, requests } = scriptedFetch(...steps);
  const options = { baseUrl: 'https://api.test', fetch, clock, firstItemTimeoutMs: 3_000, idleTimeoutMs: 2_000 };
  return { client: createFetchClient(ticks, options), requests };
}

/** What came, and the error that ended it. */
async function collected(items: AsyncIterable<{ n: number }>): Promise<{ numbers: number[]; failure?: CallError }> {
  const numbers: number[] = [];
  try {
    for await (const { n } of items) numbers.push(n);
    return { numbers };
  } catch (error) {
    return { numbers, failure: error as CallError };
  }
}

describe.each(['events', 'lines'] as const)('a stream as %s', (kind) => {
  it('gives each item as it comes, to the end', async () => {
    const { body, write, close } = openBody();
    const { client, requests } = clientOf(answering(kind, body));
    const items = client[kind]()[Symbol.asyncIterator]();
    expect(requests).toEqual([]);
    write(framed[kind](0).slice(0, 5));
    const first = items.next();
    write(framed[kind](0).slice(5));
    expect(await first).toEqual({ done: false, value: { n: 0 } });
    write(framed[kind](1) + (kind === 'events' ? 'event: end\ndata:\n\n' : ''));
    if (kind === 'lines') close();
    expect(await items.next()).toEqual({ done: false, value: { n: 1 } });
    expect((await items.next()).done).toBe(true);
    expect(requests[0]?.headers.accept).toMatch(new RegExp(`^${types[kind].split(';')[0]}, application/problem`));
    expect(clock.pending).toBe(0);
  });

  it('that breaks is an error, never a silent end', async () => {
    const { body, write, cut } = openBody();
    const { client, requests } = clientOf(answering(kind, body));
    const items = collected(client[kind]());
    write(framed[kind](0));
    await clock.advance(0);
    cut();
    expect(await items).toMatchObject({
      numbers: [0],
      failure: { code: 'unavailable', detail: 'the stream was cut off' },
    });
    expect(requests).toHaveLength(1);
  });

  it('that breaks before its first byte is tried again', async () => {
    const { body, write, cut } = openBody();
    const broken = openBody();
    const { client, requests } = clientOf(answering(kind, broken.body), answering(kind, body));
    const items = client[kind]()[Symbol.asyncIterator]();
    const first = clock.run(items.next());
    write(framed[kind](0));
    broken.cut();
    expect(await first).toEqual({ done: false, value: { n: 0 } });
    expect(requests).toHaveLength(2);
    cut();
  });

  it('fails with the problem that the service sends in mid-stream', async () => {
    const { body, write } = openBody();
    const { client } = clientOf(answering(kind, body));
    const problem = '{"type":"urn:parley:problem:internal","title":"t","status":500,"detail":"bug"}';
    write(framed[kind](0));
    write(kind === 'events' ? `event: problem\ndata: ${problem}\n\n` : `{"$problem":${problem}}\n`);
    const failure = { code: 'internal', detail: 'bug', operation: ticks.operations[kind].label };
    expect(await collected(client[kind]())).toMatchObject({ numbers: [0], failure });
  });

  it('ends at its source at once when its reader has had enough, also while it waits', async () => {
    const { body, state, write } = openBody();
    const { client } = clientOf(answering(kind, body));
    const items = client[kind]()[Symbol.asyncIterator]();
    write(framed[kind](0));
    await items.next();
    const waiting = items.next();
    await items.return?.();
    expect((await waiting).done).toBe(true);
    expect(state.isCancelled).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('ends as cancelled when its signal fires', async () => {
    const { body, state, write } = openBody();
    const { client } = clientOf(answering(kind, body));
    const controller = new AbortController();
    const items = collected(client[kind]({}, { signal: controller.signal }));
    write(framed[kind](0));
    await clock.advance(0);
    controller.abort();
    expect(await items).toMatchObject({ numbers: [0], failure: { code: 'cancelled' } });
    expect(state.isCancelled).toBe(true);
  });

  it('is bounded: to its first item, in silence, and as a whole', async () => {
    const hanging = clientOf(hangingFetch);
    const late = clock.run(collected(hanging.client[kind]()));
    expect(await late).toMatchObject({ numbers: [], failure: { code: 'deadline_exceeded' } });
    const ping = kind === 'events' ? ': ping\n\n' : '\n';
    for (const [timeoutMs, everyMs, detail] of [
      [60_000, 2_500, 'the stream was silent for 2000 ms'],
      [4_500, 1_000, 'the stream took longer than its call may'],
    ] as const) {
      const { body, write } = openBody();
      const { client } = clientOf(answering(kind, body));
      const items = collected(client[kind]({}, { timeoutMs }));
      write(framed[kind](0));
      for (let passedMs = 0; passedMs < 6_000; passedMs += everyMs) {
        await clock.advance(everyMs);
        write(ping);
      }
      expect(await items).toMatchObject({ numbers: [0], failure: { code: 'deadline_exceeded', detail } });
    }
    const { body, write } = openBody();
    const { client } = clientOf(answering(kind, body));
    const items = collected(client[kind]());
    for (let second = 0; second < 4; second++) {
      write(ping);
      await clock.advance(1_000);
    }
    const failure = { code: 'deadline_exceeded', detail: 'the first item did not come in time' };
    expect(await items).toMatchObject({ numbers: [], failure });
  });

  it('is an invalid_reply where an item does not fit, is too long, or the reply is no stream', async () => {
    const wrong = openBody();
    wrong.write(kind === 'events' ? 'data: {"n":"x"}\n\n' : '{"n":"x"}\n');
    const failure = { code: 'invalid_reply', operation: ticks.operations[kind].label };
    expect(await collected(clientOf(answering(kind, wrong.body)).client[kind]())).toMatchObject({ failure });
    const text = openBody();
    text.write('not JSON\n');
    text.write('data: not JSON\n\n');
    expect(await collected(clientOf(answering(kind, text.body)).client[kind]())).toMatchObject({ failure });
    const none = await collected(clientOf(jsonResponse({ n: 0 })).client[kind]());
    expect(none.failure?.detail).toMatch(/answered with status 200 and content type application\/json, not /);
  });
});

it('of events that ends without its end was cut', async () => {
  const { body, write, close } = openBody();
  const { client } = clientOf(answering('events', body));
  write(framed.events(0));
  close();
  const failure = { code: 'unavailable', detail: 'the stream was cut off before its end' };
  expect(await collected(client.events())).toMatchObject({ numbers: [0], failure });
});
