import { describe, expect, it } from '@jest/globals';
import { CallError, type ErrorCode } from '@parley/contract';
import axios from 'axios';
import { rejection } from '../../test-fixtures/sample.ts';
import { shop, shopHandlers } from '../../test-fixtures/shop.ts';
import { parleyAdapter } from '../axios/parley-adapter.ts';
import { paginate } from '../call/paginate.ts';
import { createClient } from '../client.ts';
import { createFetchClient } from '../fetch/fetch-client.ts';
import { always, type Faults, hang, lost, problem, refused, reset, status } from '../testing/faults.ts';
import { inMemoryUpstream } from '../testing/in-memory-upstream.ts';
import { virtualClock } from '../testing/virtual-clock.ts';
import { withCallerFrames } from './caller-frames.ts';

function failing(faults: Faults) {
  const clock = virtualClock();
  const upstream = inMemoryUpstream(shop, shopHandlers(), { clock, random: () => 0.5 });
  upstream.inject(faults);
  return { clock, upstream, client: createClient(shop, upstream) };
}

/** The functions of a stack, without those of Node and Jest. */
function namesIn(error: { readonly stack?: string }): string[] {
  return [...String(error.stack).matchAll(/^ +at (?:async )?(?:Object\.)?(\w+) \(/gm)].map(([, name = '']) => name);
}

describe('the stack of an error', () => {
  it.each<[ErrorCode, Faults]>([
    ['unavailable', status(503)],
    ['unavailable', refused()],
    ['unavailable', reset()],
    ['unavailable', lost()],
    ['deadline_exceeded', hang()],
    ['unauthenticated', problem('unauthenticated')],
    ['not_found', problem('not_found')],
  ])('names the callers of a call that ends with %s', async (code, faults) => {
    const { clock, client } = failing(always(faults));
    const ofHandler = async () => void (await client.newestItem());
    const outermost = async () => void (await ofHandler());
    const error = await rejection(clock.run(outermost()));
    expect(error).toMatchObject({ code });
    expect(namesIn(error).filter((name) => /ofHandler|outermost/.test(name))).toEqual(['ofHandler', 'outermost']);
    expect(error.stack?.startsWith(`CallError: ${error.message}\n    at `)).toBe(true);
  });

  it('names them where the call is cancelled, refused, explained, or for pages and streams', async () => {
    const { clock, client, upstream } = failing(always(status(404)));
    const fetching = createFetchClient(shop, {
      baseUrl: 'http://shop',
      clock,
      fetch: () => Promise.reject(new TypeError('failed')),
    });
    const things = axios.create({ adapter: parleyAdapter(upstream) });
    const reading = async (items: AsyncIterable<unknown>) => {
      for await (const _ of items);
    };
    const list = async (_: { cursor?: string }): Promise<{ items: string[]; next?: string }> => {
      await client.newestItem();
      return { items: [] };
    };
    const calls: Record<string, () => Promise<unknown>> = {
      cancelled: async () => await client.newestItem({}, { signal: AbortSignal.abort() }),
      explained: async () => await client.newestItem.explain(),
      paged: async () => await reading(paginate(list, {}, { items: 'items', next: 'next', cursor: 'cursor' })),
      streamed: async () => await reading(client.watchItems()),
      fetched: async () => await fetching.newestItem(),
      fetchedStream: async () => await reading(fetching.watchItems()),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = await rejection(clock.run(call()));
      expect(namesIn(error)).toContain(name);
    }
    const byAxios = async () => await things.get('/x');
    const ofAxios = await clock.run(byAxios().catch((error: Error) => error));
    expect(namesIn(ofAxios as Error)).toContain('byAxios');
    await upstream.close();
    const afterwards = async () => void (await client.newestItem());
    expect(namesIn(await rejection(afterwards()))).toContain('afterwards');
  });

  it('stays as it is where it has them, is no error of a call, or is set by somebody else', async () => {
    const { client } = failing(always(status(404)));
    const wrong = async () => void (await client.getItem({} as never));
    const invalid = await rejection(wrong());
    expect(String(invalid.stack).match(/at (async )?wrong /g)).toHaveLength(1);
    const own = new Error('of a stream that is sent');
    const before = own.stack;
    expect(withCallerFrames(own)).toBe(own);
    expect(own.stack).toBe(before);
    const error = withCallerFrames(new CallError('internal', 'no')) as CallError;
    error.stack = 'changed';
    expect(error.stack).toBe('changed');
    expect(Object.keys(error)).not.toContain('stack');
  });
});
