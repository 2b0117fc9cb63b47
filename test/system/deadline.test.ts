import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type UpstreamOptions } from '@parley/client';
import { type CallError, defineContract, get, type Handlers } from '@parley/contract';
import { createLogger, serve } from '@parley/service';
import { z } from 'zod';

const hop = defineContract('hop', { ask: get('/ask', { summary: 's', output: z.object({}) }) });

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const logger = createLogger('deadline', { level: 'silent' });
const settings = { host: '127.0.0.1', port: 0, adminPort: 0, drainDelayMs: 0, drainTimeoutMs: 2_000 };

async function served(handlers: Handlers<typeof hop>, options: Partial<UpstreamOptions>) {
  const service = await serve(hop, handlers, { logger, settings });
  closing.push(() => service.stop());
  const upstream = createUpstream('hop', `http://127.0.0.1:${service.port}`, options);
  closing.push(() => upstream.close());
  return { client: createClient(hop, upstream) };
}

const failureOf = (call: Promise<unknown>) => call.then(() => undefined).catch((error: CallError) => error);
const hang = () => new Promise<never>(() => {});

describe('a deadline over three hops whose last one hangs', () => {
  it('is met from the inside out: each hop answers before its caller gives up', async () => {
    const leaf = await served({ ask: hang }, {});
    const middle = await served({ ask: () => leaf.client.ask() }, {});
    const front = await served({ ask: () => middle.client.ask() }, { callTimeoutMs: 600, maxAttempts: 1 });
    const ask = async () => (await failureOf(front.client.ask()))?.code;
    // Said by the hop below, in a reply: a front that gives up by itself says deadline_exceeded or attempt_timeout. On a
    // machine that is busy for longer than the margin it may have to; without a margin it does every time.
    let met = 0;
    for (let i = 0; i < 40 && met < 3; i++) if ((await ask()) === 'upstream_timeout') met++;
    expect(met).toBe(3);
  }, 60_000);

  it('counts a service that gives up in time as a service that hangs', async () => {
    const { client } = await served({ ask: hang }, { callTimeoutMs: 300, attemptTimeoutMs: 100, maxAttempts: 2 });
    const error = await failureOf(client.ask());
    expect(error).toMatchObject({ code: 'deadline_exceeded', blamesEndpoint: true, attempts: 2 });
    expect(String(error?.story)).toMatch(/attempt 1 .*attempt_timeout/);
  });
});
