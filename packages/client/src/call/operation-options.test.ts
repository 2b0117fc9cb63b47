import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { bytes, content, defineContract, get } from '@parley/contract';
import { rejection } from '../../test-fixtures/sample.ts';
import { shop, shopHandlers } from '../../test-fixtures/shop.ts';
import { createClient } from '../client.ts';
import { always, failing, hang } from '../testing/faults.ts';
import { inMemoryUpstream } from '../testing/in-memory-upstream.ts';
import { virtualClock } from '../testing/virtual-clock.ts';
import type { ClientOptions } from './operation-options.ts';

const clock = virtualClock();
const upstream = inMemoryUpstream(shop, shopHandlers(), { clock, backoffBaseMs: 0, circuitConsecutiveFailures: 1_000 });
afterEach(() => clock.advance(600_000));

async function tookMs(call: Promise<unknown>): Promise<number> {
  const startedAtMs = clock.now();
  await rejection(clock.run(call));
  return clock.now() - startedAtMs;
}

describe('options by operation', () => {
  it('hold for the calls of that operation, and for no other', async () => {
    const client = createClient(shop, upstream, { operations: { newestItem: { timeoutMs: 300, maxAttempts: 1 } } });
    const end = upstream.inject(always(hang()));
    expect(await tookMs(client.newestItem())).toBe(298);
    expect(await tookMs(client.getItem({ id: '7' }))).toBeGreaterThan(1_000);
    end();
  });

  it('give way to those of a call', async () => {
    const client = createClient(shop, upstream, { operations: { newestItem: { timeoutMs: 300, maxAttempts: 1 } } });
    upstream.inject(failing(2));
    await clock.run(client.newestItem({}, { maxAttempts: 3 }));
    const end = upstream.inject(always(hang()));
    expect(await tookMs(client.newestItem({}, { timeoutMs: 100 }))).toBe(98);
    end();
  });

  it('bound an attempt that another may follow', async () => {
    const client = createClient(shop, upstream, { operations: { newestItem: { attemptTimeoutMs: 150 } } });
    upstream.inject(hang());
    const startedAtMs = clock.now();
    await clock.run(client.newestItem());
    expect(clock.now() - startedAtMs).toBe(150);
    upstream.inject(hang());
    await clock.run(client.newestItem({}, { attemptTimeoutMs: 80, timeoutMs: 60_000 }));
    expect(clock.now() - startedAtMs).toBe(230);
  });

  it('bound a stream', async () => {
    const client = createClient(shop, upstream, { operations: { watchItems: { firstItemTimeoutMs: 70 } } });
    const end = upstream.inject(always(hang()));
    expect(await tookMs(client.watchItems()[Symbol.asyncIterator]().next())).toBe(68);
    expect(await tookMs(client.watchItems({}, { firstItemTimeoutMs: 50 })[Symbol.asyncIterator]().next())).toBe(48);
    end();
  });

  it('hold where those of a call are undefined', async () => {
    const own = { firstItemTimeoutMs: 70, timeoutMs: 50 };
    const none = { timeoutMs: undefined } as object;
    const client = createClient(shop, upstream, { operations: { watchItems: own, newestItem: { timeoutMs: 300 } } });
    const end = upstream.inject(always(hang()));
    expect(await tookMs(client.newestItem({}, none))).toBe(298);
    expect(
      await tookMs(
        client
          .watchItems({}, { ...none, firstItemTimeoutMs: undefined } as object)
          [Symbol.asyncIterator]()
          .next(),
      ),
    ).toBe(48);
    end();
  });

  it('bound the reading of bytes, also where that option of a call is undefined', async () => {
    const files = defineContract('files', { file: get('/file', { summary: 's', output: bytes() }) });
    const open = new Readable({ read() {} });
    open.push('a');
    const held = inMemoryUpstream(files, { file: async () => content(open, { type: 'text/plain' }) }, { clock });
    const client = createClient(files, held, { operations: { file: { idleTimeoutMs: 50 } } });
    const file = await clock.run(client.file({}, { idleTimeoutMs: undefined } as object));
    expect(await tookMs(file.bytes())).toBe(50);
  });

  it.each([
    [{ report: {} }, /^operations: shop has no operation report, expected one of .*newestItem/],
    [{ toString: {} }, /^operations: shop has no operation toString/],
    [
      { newestItem: { retries: 1 } },
      /unknown option retries, expected one of timeoutMs, attemptTimeoutMs, maxAttempts, hedge$/,
    ],
    [{ newestItem: { idleTimeoutMs: 1 } }, /unknown option idleTimeoutMs/],
    [{ newestItem: { timeoutMs: '5' } }, /timeoutMs must be a number from 1 to 3600000, not "5"$/],
    [{ newestItem: { maxAttempts: 11 } }, /maxAttempts must be a whole number from 1 to 10, not 11$/],
    [{ buyItem: { maxAttempts: 2 } }, /maxAttempts is not for an unsafe operation/],
    [{ watchItems: { hedge: true } }, /hedge is not for streams$/],
  ])('are refused where they are %j', (operations, message) => {
    const make = () => createClient(shop, upstream, { operations } as ClientOptions<typeof shop>);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});
