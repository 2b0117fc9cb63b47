import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type UpstreamOptions } from '@parley/client';
import { CallError, type Client, defineContract, get, type Handlers, isCallError } from '@parley/contract';
import { createLogger, serve } from '@parley/service';
import { z } from 'zod';

const hop = defineContract('hop', {
  ask: get('/ask', { summary: 's', output: z.object({ answers: z.number() }) }),
});
type Hop = Client<typeof hop>;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const logger = createLogger('attempts', { level: 'silent' });
const settings = { host: '127.0.0.1', port: 0, adminPort: 0, drainDelayMs: 0, drainTimeoutMs: 2_000 };
// Enough time for every hop on a busy machine: an attempt that times out tells nothing of those below it.
const requestTimeoutMs = 120_000;
const times = { callTimeoutMs: requestTimeoutMs, attemptTimeoutMs: requestTimeoutMs };
const noCircuit = { circuitMinCalls: 1_000_000, circuitConsecutiveFailures: 1_000_000 };
const patient = { ...times, ...noCircuit, maxAttempts: 3, backoffBaseMs: 0, backoffMaxMs: 0 };

/** A service, and a client of it. */
async function served(handlers: Handlers<typeof hop>, options: Partial<UpstreamOptions>): Promise<Hop> {
  const service = await serve(hop, handlers, { logger, settings, requestTimeoutMs });
  closing.push(() => service.stop());
  const upstream = createUpstream('hop', `http://127.0.0.1:${service.port}`, { ...patient, ...options });
  closing.push(() => upstream.close());
  return createClient(hop, upstream);
}

/** Four hops, one calling the other, the last one always unavailable; none lets on that the failure was not its own. */
async function chain(options: Partial<UpstreamOptions>) {
  const seen = [0, 0, 0, 0];
  let next: Hop | undefined;
  for (let at = seen.length - 1; at >= 0; at--) {
    const below = next;
    next = await served(
      {
        ask: async () => {
          seen[at] = (seen[at] ?? 0) + 1;
          try {
            if (below) return await below.ask();
          } catch {
            // As a hop of another make would: its answer looks as if another attempt could help.
          }
          throw new CallError('unavailable', 'not now');
        },
      },
      options,
    );
  }
  const call = async () => expect(isCallError(await next?.ask().catch((error) => error), 'unavailable')).toBe(true);
  return { seen, call };
}

describe('attempts left, over four hops with three attempts each and a last one that always fails', () => {
  it('is one count for all: the last hop sees three calls, not 81', async () => {
    const { seen, call } = await chain({ retryBudgetPerSecond: 10_000 });
    await call();
    expect(seen).toEqual([1, 1, 1, 3]);
  });

  it('lets the last hop see 1.2 calls per call at most, where many fail', async () => {
    const { seen, call } = await chain({ retryBudgetPerSecond: 0, retryBudgetRatio: 0.2 });
    const calls = 200;
    for (let i = 0; i < calls; i += 10) await Promise.all(Array.from({ length: 10 }, call));
    expect(seen.slice(0, 3)).toEqual([calls, calls, calls]);
    expect(seen[3]).toBeGreaterThan(calls * 1.15);
    expect(seen[3]).toBeLessThanOrEqual(calls * 1.2);
  });
});

describe('attempts left', () => {
  const flaky = () => {
    let calls = 0;
    return async () => {
      calls++;
      if (calls % 2 === 1) throw new CallError('unavailable', 'now and then');
      return { answers: calls };
    };
  };

  it('are shared by all calls that a handler makes', async () => {
    const leaf = await served({ ask: flaky() }, { retryBudgetPerSecond: 10_000 });
    const outcomes: string[] = [];
    const relay = await served(
      {
        ask: async () => {
          for (let i = 0; i < 3; i++) {
            outcomes.push(
              await leaf.ask().then(
                () => 'done',
                ({ code }: CallError) => code,
              ),
            );
          }
          return { answers: 0 };
        },
      },
      { retryBudgetPerSecond: 10_000 },
    );
    await relay.ask();
    // Two calls are helped by a retry each, the third finds none left.
    expect(outcomes).toEqual(['done', 'done', 'unavailable']);
  });

  it('are whole again for the next request', async () => {
    const leaf = await served({ ask: flaky() }, { retryBudgetPerSecond: 10_000 });
    const relay = await served({ ask: () => leaf.ask() }, { maxAttempts: 2, retryBudgetPerSecond: 10_000 });
    for (let i = 0; i < 3; i++) expect(await relay.ask()).toEqual({ answers: 2 * (i + 1) });
  });
});
