import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream } from '@parley/client';
import { type Contract, defineContract, get, type Handlers, isCallError, stream } from '@parley/contract';
import { createLogger, type RunningService, serve } from '@parley/service';
import { z } from 'zod';
import { eventually } from './eventually.ts';

const item = z.object({ n: z.number() });
const ticks = defineContract('ticks', {
  events: get('/events', { summary: 's', output: stream(item, { as: 'sse' }) }),
  lines: get('/lines', { summary: 's', output: stream(item, { as: 'ndjson' }) }),
});

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const logger = createLogger('streaming', { level: 'silent' });
const settings = { host: '127.0.0.1', port: 0, adminPort: 0, drainDelayMs: 0, drainTimeoutMs: 60_000 };

async function served<C extends Contract>(contract: C, handlers: Handlers<C>): Promise<RunningService> {
  const service = await serve(contract, handlers, { logger, settings });
  closing.push(() => service.stop());
  return service;
}

function clientOf({ port }: RunningService) {
  const upstream = createUpstream('ticks', `http://127.0.0.1:${port}`, { maxAttempts: 1 });
  closing.push(() => upstream.close());
  return createClient(ticks, upstream);
}

/** A service that counts, and one in front of it that hands on what it counts. */
async function relayed() {
  const source = { open: 0 };
  const count = async function* () {
    source.open++;
    try {
      for (let n = 0; ; n++) {
        yield { n };
        await turn();
      }
    } finally {
      source.open--;
    }
  };
  const counting = await served(ticks, { events: count, lines: count });
  const client = clientOf(counting);
  // The client's method is the handler: same shape.
  const relay = await served(ticks, { events: () => client.events(), lines: () => client.lines() });
  return { source, counting, client: clientOf(relay) };
}

describe.each(['events', 'lines'] as const)('a stream over two hops, as %s', (kind) => {
  it('ends at its source when its reader has had enough', async () => {
    const { source, client } = await relayed();
    const seen: number[] = [];
    for await (const { n } of client[kind]()) {
      seen.push(n);
      if (n === 5) break;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
    await eventually(() => source.open === 0);
  });

  it('tells its reader when the source stops, and lets that stop at once', async () => {
    const { source, counting, client } = await relayed();
    const items = client[kind]()[Symbol.asyncIterator]();
    await items.next();
    await counting.stop(); // a stream that it waited for would take drainTimeoutMs, longer than a test may
    await eventually(() => source.open === 0);
    const failure = await (async () => {
      while (!(await items.next()).done);
    })().catch((error) => error);
    expect(isCallError(failure, 'upstream_unavailable')).toBe(true);
  });
});
