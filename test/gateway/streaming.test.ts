import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream } from '@parley/client';
import { type CallContext, defineContract, get, isCallError, stream } from '@parley/contract';
import { createLogger, type RunningService, serve } from '@parley/service';
import { z } from 'zod';
import { eventually } from '../eventually.ts';
import { type GatewayName, startGateway, testedGateways } from '../running-gateway.ts';
import { root } from '../source-files.ts';

const item = z.object({ n: z.number() });
const ticks = defineContract('ticks', {
  events: get('/ticks/events', { summary: 's', output: stream(item, { as: 'sse' }) }),
  lines: get('/ticks/lines', { summary: 's', output: stream(item, { as: 'ndjson' }) }),
});

let service: RunningService;
let client: ReturnType<typeof createClient<typeof ticks>>;
let closing: (() => Promise<unknown>)[];
let source: { open: number; next: () => void };

/** Counts, one step each time that `source.next` is called, until nobody listens. */
async function* count(_?: unknown, context?: CallContext) {
  const signal = context?.signal;
  source.open++;
  try {
    for (let n = 0; !signal?.aborted; n++) {
      yield { n };
      await new Promise<void>((resolve) => {
        source.next = resolve;
        signal?.addEventListener('abort', () => resolve());
      });
    }
  } finally {
    source.open--;
  }
}

/** The gateway of this repository with all of its files, but for one upstream and one route of our own. */
async function gatewayFor(name: GatewayName, address: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'parley-streaming-'));
  closing.push(() => rm(home, { recursive: true }));
  await cp(join(root, 'nginx'), join(home, 'nginx'), { recursive: true });
  await writeFile(join(home, 'nginx/routes.conf'), 'location /ticks/ { proxy_pass http://ticks; }');
  await writeFile(
    join(home, 'nginx/upstreams.conf'),
    'upstream ticks {\nserver ticks:3000 resolve max_fails=0;\nkeepalive 32;\n}',
  );
  const gateway = await startGateway(name, { ticks: [address] }, home);
  closing.push(() => gateway.stop());
  return gateway.url;
}

const streaming = testedGateways().filter((name) => name !== 'embedded');

describe.each(streaming)('a stream through %s', (name) => {
  beforeEach(async () => {
    source = { open: 0, next() {} };
    closing = [];
    const settings = { host: '127.0.0.1', port: 0, adminPort: 0, drainDelayMs: 0, drainTimeoutMs: 200 };
    const logger = createLogger('ticks', { level: 'silent' });
    service = await serve(ticks, { events: count, lines: count }, { logger, settings });
    closing.push(() => service.stop());
    const upstream = createUpstream('ticks', await gatewayFor(name, `127.0.0.1:${service.port}`), { maxAttempts: 1 });
    closing.push(() => upstream.close());
    client = createClient(ticks, upstream);
  });
  afterEach(async () => {
    for (const close of closing.reverse()) await close();
  });

  it.each(['events', 'lines'] as const)('brings each item before the next one is made, as %s', async (kind) => {
    const items = client[kind]()[Symbol.asyncIterator]();
    for (let n = 0; n < 20; n++) {
      expect(await items.next()).toEqual({ done: false, value: { n } });
      source.next();
    }
    await items.return?.();
  });

  it.each(['events', 'lines'] as const)('ends at its source when its reader leaves, as %s', async (kind) => {
    for await (const { n } of client[kind]()) {
      expect(n).toBe(0);
      break;
    }
    await eventually(() => source.open === 0);
  });

  it.each(['events', 'lines'] as const)('that the service ends early arrives as an error, as %s', async (kind) => {
    const items = client[kind]()[Symbol.asyncIterator]();
    await items.next();
    const rest = Promise.resolve(items.next()).catch((error) => error);
    await wait(20);
    await service.stop();
    expect(isCallError(await rest, 'unavailable')).toBe(true);
  });
});
