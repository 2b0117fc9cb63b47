import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream } from '@parley/client';
import {
  type AttemptMade,
  CallError,
  type Contract,
  defineContract,
  type ExplainingClient,
  get,
  type Handlers,
  type Story,
} from '@parley/contract';
import { createLogger, serve } from '@parley/service';
import { z } from 'zod';
import { letTimePass, stopTime } from './passing-time.ts';

const output = z.object({ answer: z.string() });
const front = defineContract('front', { ask: get('/ask', { summary: 's', output }) });
const middle = defineContract('middle', { ask: get('/ask', { summary: 's', output }) });
const leaf = defineContract('leaf', { ask: get('/ask', { summary: 's', output }) });

const patient = { callTimeoutMs: 8_000, attemptTimeoutMs: 8_000 };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const lines: string[] = [];
const logger = createLogger('explain', { destination: { write: (line: string) => void lines.push(line) } });
const settings = { host: '127.0.0.1', port: 0, adminPort: 0, drainDelayMs: 0, drainTimeoutMs: 2_000 };

async function served<C extends Contract>(contract: C, handlers: Handlers<C>): Promise<ExplainingClient<C>> {
  const service = await serve(contract, handlers, { logger, settings });
  closing.push(() => service.stop());
  const upstream = createUpstream(contract.name, `http://127.0.0.1:${service.port}`, patient);
  closing.push(() => upstream.close());
  return createClient(contract, upstream);
}

const attemptsOf = ({ events }: Story) => events.filter((event): event is AttemptMade => event.kind === 'attempt');

describe('explain over three hops, the second of which takes its time', () => {
  const workMs = 1_000;
  let isWarm = false;
  async function chain(leafAnswers: () => Promise<{ answer: string }>) {
    const third = await served(leaf, { ask: leafAnswers });
    const ofMiddle = async () => {
      const answer = await third.ask();
      if (isWarm) letTimePass(workMs);
      return answer;
    };
    const second = await served(middle, { ask: ofMiddle });
    const first = await served(front, { ask: () => second.ask() });
    isWarm = false;
    await first.ask().catch(() => {});
    isWarm = true;
    return first;
  }

  it('attributes all of the time to it', async () => {
    const client = await chain(async () => ({ answer: 'yes' }));
    stopTime(); // on a busy machine the other hops take their time too
    const [made] = attemptsOf((await client.ask.explain()).story);
    const { hops, tookMs } = made as AttemptMade;
    expect(tookMs).toBe(workMs);
    expect(hops.map(({ service, ownMs }) => [service, ownMs])).toEqual([
      ['front', 0],
      ['middle', workMs],
      ['leaf', 0],
    ]);
  });

  it('reports no time to a caller that does not ask', async () => {
    const client = await chain(async () => {
      throw new CallError('conflict', 'not now');
    });
    const error = await client.ask().catch((error) => error);
    expect(attemptsOf(error.story)).toMatchObject([{ endpoint: expect.stringMatching(/^http:/), hops: [] }]);
  });
});

describe('the story of a call that a handler makes', () => {
  it('is in the log of its service, and not in the reply to its caller', async () => {
    const down = createUpstream('leaf', 'http://127.0.0.1:9', { maxAttempts: 2, backoffBaseMs: 0 });
    closing.push(() => down.close());
    const client = await served(middle, { ask: () => createClient(leaf, down).ask() });
    lines.length = 0;
    const error: CallError = await client.ask().catch((error) => error);
    expect(error).toMatchObject({ code: 'upstream_unavailable' });
    // That of the caller's own call is there, and knows nothing of the one below.
    expect(attemptsOf(error.story as Story)).toMatchObject([{ status: 503, code: 'upstream_unavailable' }]);
    expect(`${JSON.stringify(error.data)}${error.detail}${error.story}`).not.toContain(':9');
    const logged = lines.map((line) => JSON.parse(line)).find(({ err }) => err?.story)?.err.story;
    expect(logged[0]).toBe('GET /ask');
    const attempts = logged.filter((line: string) => line.includes('attempt'));
    expect(attempts).toEqual([
      expect.stringMatching(
        /^ +\d+\.\d ms {2}attempt 1 {2}http:\/\/127\.0\.0\.1:9: unavailable \(\w+\) in \d+\.\d ms$/,
      ),
      expect.stringMatching(
        /^ +\d+\.\d ms {2}attempt 2 {2}http:\/\/127\.0\.0\.1:9: unavailable \(\w+\) in \d+\.\d ms$/,
      ),
      expect.stringMatching(/ gave up {4}it was the last attempt of the call$/),
    ]);
    expect(logged.at(-1)).toMatch(/ ended {6}unavailable; \d+\.\d ms left of \d+\.\d ms$/);
  });
});
