import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type Client, defineContract, type Handlers } from '../contract.ts';
import { openapi } from '../openapi/openapi.ts';
import { get } from '../operations/operation.ts';
import { isStream, stream } from './stream.ts';

const summary = 's';
const tick = z.object({ at: z.string().transform((text) => new Date(text)) });
const contract = defineContract('clock', {
  watch: get('/ticks', { summary, input: z.object({ n: z.number().default(3) }), output: stream(tick, { as: 'sse' }) }),
  list: get('/list', { summary, output: stream(z.object({ n: z.number() }), { as: 'ndjson' }) }),
  now: get('/now', { summary, output: z.object({ n: z.number() }) }),
});

describe('stream', () => {
  it('is distinct from an output in one piece', () => {
    const { watch, list, now } = contract.operations;
    expect([watch, list, now].map(({ output }) => isStream(output))).toEqual([true, true, false]);
    expect(isStream(undefined)).toBe(false);
    expect(watch.status).toBe(200);
  });

  it('refuses a framing that it does not know', () => {
    expect(() => stream(tick, { as: 'csv' as 'sse' })).toThrow('ndjson or sse, not csv');
  });

  it('refuses response headers, since its items are its whole output', () => {
    const output = stream(z.object({ etag: z.string() }), { as: 'sse' });
    const tagged = get('/x', { summary, output, responseHeaders: { etag: 'ETag' } });
    expect(() => defineContract('things', { tagged })).toThrow('tagged gives a stream');
  });

  it('is described by media type and item', () => {
    const item = z.object({ n: z.number() });
    const list = get('/list', { summary, output: stream(item, { as: 'ndjson' }) });
    const watch = get('/watch', { summary, output: stream(item, { as: 'sse' }) });
    const itemSchema = { type: 'object', properties: { n: { type: 'number' } } };
    expect(openapi(defineContract('things', { list, watch }))).toMatchObject({
      paths: {
        '/list': { get: { responses: { 200: { content: { 'application/x-ndjson': { itemSchema } } } } } },
        '/watch': { get: { responses: { 200: { content: { 'text/event-stream': { itemSchema } } } } } },
      },
    });
  });

  it('gives callers what comes out of the schema and takes from handlers what goes in', async () => {
    const handlers: Handlers<typeof contract> = {
      watch: async function* ({ n }) {
        yield { at: n.toFixed() };
      },
      list: async function* () {
        yield { n: 1 };
      },
      now: async () => ({ n: 1 }),
    };
    const client = handlers as unknown as Client<typeof contract>;
    const seen = async (): Promise<number> => {
      for await (const { at } of client.watch({ n: 2 }, { firstItemTimeoutMs: 1, idleTimeoutMs: 1 }))
        return at.getTime();
      return 0;
    };
    // @ts-expect-error a call that gives one output has no time between items
    const late = () => client.now({}, { idleTimeoutMs: 1 });
    // @ts-expect-error the caller gets an iterable, not a promise of one
    const promised = () => client.watch().then(() => {});
    // @ts-expect-error a handler must give the text that the schema takes in
    const wrong: Handlers<typeof contract>['watch'] = async function* () {
      yield { at: new Date() };
    };
    expect([seen, late, promised, wrong].every((one) => typeof one === 'function')).toBe(true);
    // A handlers object is the fake client.
    const all: { n: number }[] = [];
    for await (const item of client.list()) all.push(item);
    expect(all).toEqual([{ n: 1 }]);
  });
});
