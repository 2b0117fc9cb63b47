import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  AttemptsLeft,
  type CallContext,
  CallError,
  type Client,
  runInContext,
  type Story,
  type StoryEvent,
} from '@parley/contract';
import axios, { type AxiosError } from 'axios';
import { rejection, someRequest } from '../../test-fixtures/sample.ts';
import { shop, shopHandlers } from '../../test-fixtures/shop.ts';
import { parleyAdapter } from '../axios/parley-adapter.ts';
import { createClient } from '../client.ts';
import {
  always,
  type Fault,
  type Faults,
  faults,
  hang,
  ok,
  problem,
  refused,
  reset,
  slow,
  status,
} from '../testing/faults.ts';
import { type InMemoryOptions, inMemoryUpstream } from '../testing/in-memory-upstream.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { type VirtualClock, virtualClock } from '../testing/virtual-clock.ts';

const readme = new URL('../../README.md', import.meta.url);

let clock: VirtualClock;
beforeEach(() => {
  clock = virtualClock();
});

function open(options: Partial<InMemoryOptions> = {}) {
  const upstream = inMemoryUpstream(shop, shopHandlers(), { clock, random: seededRandom(), ...options });
  const client = createClient(shop, upstream);
  const failing = async () => (await rejection(clock.run(client.newestItem()))).story as Story;
  return { upstream, client, failing };
}

/** The same, so much later. */
const late = (ms: number, after: Faults): Faults =>
  [...after].map(
    (fault): Fault =>
      async (attempt) => {
        await attempt.wait(ms);
        return fault(attempt);
      },
  );

function told<Kind extends StoryEvent['kind']>(story: Story | undefined, kind: Kind) {
  const isOne = (event: StoryEvent): event is Extract<StoryEvent, { kind: Kind }> => event.kind === kind;
  return story?.events.filter(isOne) ?? [];
}

const kindsOf = (story: Story | undefined) => story?.events.map(({ kind }) => kind);

describe('explain', () => {
  it('tells all that happened on the way to the answer, as README shows it', async () => {
    const { upstream, client } = open({ replicas: 3, circuitConsecutiveFailures: 1 });
    upstream.inject(always(slow(2)));
    for (let i = 0; i < 20; i++) await clock.run(client.newestItem());
    upstream.circuit('http://shop-3').forceOpen();
    upstream.inject(faults(late(31, status(503)), slow(12)), { operation: 'getItem' });
    const { value, story } = await clock.run(client.getItem.explain({ id: '7' }));
    expect(value).toMatchObject({ id: '7' });
    expect(await readFile(readme, 'utf8')).toContain(`\`\`\`text\n${story}\n\`\`\`\n`);
  });

  it('is in every error, from what went wrong first', async () => {
    const { upstream, client } = open({ replicas: 4, circuitConsecutiveFailures: 1 });
    await clock.run(client.newestItem());
    upstream.circuit('http://shop-4').forceOpen();
    upstream.inject(faults(late(31, problem('unavailable', { retryAfterMs: 1_000 })), late(1, refused()), hang()));
    const error = await rejection(clock.run(client.newestItem()));
    expect(String(error.story).split('\n')).toEqual([
      'GET /api/items/newest',
      '     0.0 ms  attempt 1  http://shop-1: 503 unavailable in 31.0 ms, Retry-After 1000.0 ms',
      '    31.0 ms  backoff    1036.0 ms (Retry-After 1000.0 ms); retry budget 10.4 → 9.4',
      '  1067.0 ms  chosen     http://shop-3 (1.00), not http://shop-2 (1.00); ejected: http://shop-4',
      '  1067.0 ms  attempt 2  http://shop-3: unavailable (ECONNREFUSED) in 1.0 ms',
      '  1068.0 ms  opened     the circuit of http://shop-3: it is ejected',
      '  1068.0 ms  backoff    48.9 ms; retry budget 10.4 → 9.4',
      '  1116.9 ms  chosen     http://shop-2; ejected: http://shop-3, http://shop-4',
      '  1116.9 ms  attempt 3  http://shop-2: deadline_exceeded in 3881.1 ms',
      '  4998.0 ms  opened     the circuit of http://shop-2: it is ejected',
      '  4998.0 ms  opened     the circuit of http://shop-1: it is ejected',
      '  4998.0 ms  ended      deadline_exceeded; 2.0 ms left of 5000.0 ms',
    ]);
    expect(inspect(error)).toContain('deadline_exceeded in');
  });

  it('tells of a call that goes well', async () => {
    const { client } = open({ replicas: 2 });
    const { story } = await clock.run(client.newestItem.explain());
    expect(kindsOf(story)).toEqual(['resolved', 'chosen', 'attempt', 'ended']);
    const { operation, events } = JSON.parse(JSON.stringify(story));
    expect(operation).toBe('GET /api/items/newest');
    expect(events.at(-1)).toEqual({ kind: 'ended', atMs: 0, status: 200, limitMs: 5_000, leftMs: 5_000 });
  });

  it('takes the same input and options, and gives the same errors', async () => {
    const { client } = open();
    const error = await rejection(clock.run(client.buyItem.explain({ id: '1', count: 9 }, { timeoutMs: 700 })));
    expect(error).toMatchObject({ code: 'out_of_stock', data: { left: 3 } });
    expect(told(error.story, 'ended')).toMatchObject([{ status: 409, code: 'out_of_stock', limitMs: 700 }]);
    expect((await rejection(client.buyItem.explain({ id: '1', count: 0 }))).story).toBeUndefined();
    // @ts-expect-error an unsafe operation has one attempt
    await expect(client.buyItem.explain({ id: '1', count: 1 }, { maxAttempts: 2 })).rejects.toThrow(TypeError);
  });

  it('is not there for a stream, and handlers alone are a client still', () => {
    const { client } = open();
    // @ts-expect-error a stream tells no story
    expect(client.watchItems.explain).toBeUndefined();
    const fake: Pick<Client<typeof shop>, 'getItem'> = shopHandlers();
    // @ts-expect-error a fake client tells no story
    expect(fake.getItem.explain).toBeUndefined();
  });
});

describe('a story', () => {
  it.each<[string, Partial<InMemoryOptions>, Faults, string]>([
    ['max_attempts', { maxAttempts: 2 }, always(status(503)), 'newestItem'],
    ['unsafe', {}, always(reset()), 'buyItem'],
    ['retry_budget', { retryBudgetPerSecond: 0, retryBudgetRatio: 0 }, always(status(503)), 'newestItem'],
    ['deadline', { backoffBaseMs: 0 }, always(problem('unavailable', { retryAfterMs: 60_000 })), 'newestItem'],
  ])('says why there was no other attempt: %s', async (obstacle, options, fault, name) => {
    const { upstream, client } = open(options);
    upstream.inject(fault);
    const call: Promise<unknown> = name === 'buyItem' ? client.buyItem({ id: '1', count: 1 }) : client.newestItem();
    expect(told((await rejection(clock.run(call))).story, 'gave_up')).toMatchObject([{ obstacle }]);
  });

  it('says that the request has no attempts left, or fails wherever it is sent', async () => {
    const { upstream, client } = open({ replicas: 3, backoffBaseMs: 0 });
    upstream.inject(always(status(503)), { operation: 'getItem' });
    const obstacles: string[] = [];
    for (let i = 0; i < 30; i++) {
      const { story } = await rejection(clock.run(client.getItem({ id: 'poison' })));
      obstacles.push(...told(story, 'gave_up').map(({ obstacle }) => obstacle));
      for (let j = 0; j < 20; j++) await clock.run(client.newestItem());
    }
    expect(obstacles).toContain('poison');
    const context: CallContext = { attemptsLeft: new AttemptsLeft(0) };
    upstream.inject(always(refused()));
    const { story } = await rejection(clock.run(client.newestItem({}, context)));
    expect(told(story, 'gave_up')).toMatchObject([{ obstacle: 'attempts_left' }]);
  });

  it('says that a circuit opened by this call, also where the blame was found at its end', async () => {
    const { upstream, failing } = open({ circuitConsecutiveFailures: 3 });
    upstream.inject(always(status(503)));
    const story = await failing();
    expect(told(story, 'attempt')).toHaveLength(3);
    expect(told(story, 'opened')).toMatchObject([{ endpoint: 'http://shop-1' }]);
    const next = await failing();
    expect(kindsOf(next)).toContain('ended');
    expect(told(next, 'opened')).toEqual([]);
  });

  it('says that a circuit opened after the attempt that it opened by, at the same time', async () => {
    const { upstream, failing } = open({ circuitConsecutiveFailures: 1, maxAttempts: 1 });
    upstream.inject(always(refused()));
    expect(kindsOf(await failing())?.slice(-4)).toEqual(['attempt', 'opened', 'gave_up', 'ended']);
  });

  it('says that all were ejected, and which', async () => {
    const { upstream, client } = open({ maxAttempts: 1 });
    await client.newestItem();
    upstream.circuit('http://shop-1').forceOpen();
    const { story } = await rejection(clock.run(client.newestItem.explain()));
    expect(told(story, 'chosen')).toMatchObject([{ endpoint: undefined, ejected: ['http://shop-1'], candidates: [] }]);
    expect(told(story, 'attempt')).toEqual([]);
  });

  it('says that it was panic', async () => {
    const { upstream, failing } = open({ replicas: 2, circuitConsecutiveFailures: 1, backoffBaseMs: 0 });
    upstream.inject(always(refused()));
    await failing();
    expect(told(await failing(), 'chosen').at(-1)).toMatchObject({
      isPanic: true,
      ejected: expect.arrayContaining(['http://shop-1']),
    });
  });

  it('shows when a second copy was sent, which copy won, and how the other ended', async () => {
    const { upstream, client } = open({ replicas: 2, hedgeRatio: 0.1 });
    upstream.inject(always(slow(10)));
    for (let i = 0; i < 40; i++) await clock.run(client.newestItem());
    await clock.advance(3_000);
    await clock.run(client.newestItem());
    upstream.inject(faults(hang(), slow(5)));
    const { story } = await clock.run(client.newestItem.explain());
    const [{ atMs, afterMs } = { atMs: 0, afterMs: 0 }] = told(story, 'hedged');
    expect(afterMs).toBeGreaterThanOrEqual(10);
    expect(afterMs).toBe(atMs);
    expect(told(story, 'won')).toMatchObject([{ atMs: atMs + 5, winner: 'hedge' }]);
    expect(told(story, 'attempt')).toMatchObject([
      { atMs: 0, isHedge: false, code: 'cancelled', tookMs: atMs + 5 },
      { atMs, isHedge: true, status: 200, tookMs: 5 },
    ]);
    upstream.inject(faults(slow(atMs + 5), hang()));
    expect(told((await clock.run(client.newestItem.explain())).story, 'won')).toMatchObject([{ winner: 'first' }]);
  });

  it('is each caller’s own where a call is shared, with what happened to it', async () => {
    const { upstream, client } = open({ singleFlight: true, maxAttempts: 1 });
    await clock.run(client.newestItem());
    upstream.inject(always(late(50, status(503))));
    const first = rejection(client.newestItem());
    await clock.advance(20);
    const second = rejection(client.newestItem.explain());
    await clock.advance(30);
    const [one, two] = [(await first).story, (await second).story];
    expect(kindsOf(one)).toEqual(['attempt', 'gave_up', 'ended']);
    expect(two?.events).toMatchObject([
      { kind: 'attempt', atMs: -20, tookMs: 50 },
      { kind: 'joined', atMs: 0 },
      { kind: 'gave_up', atMs: 30 },
      { kind: 'ended', atMs: 30 },
    ]);
  });

  it('is each reply’s own where calls that share one are sent by a client of another kind', async () => {
    const { upstream } = open({ singleFlight: true, maxAttempts: 1 });
    upstream.inject(always(late(50, status(503))));
    const send = () => upstream.send(someRequest());
    const sent = clock.run(Promise.all([send(), send()]));
    const [one, two] = (await sent).map(({ error }) => kindsOf(error?.story));
    expect(one).not.toContain('joined');
    expect(two).toContain('joined');
  });

  it('is each caller’s own where a signal’s reason ends several calls', async () => {
    const { upstream, client } = open();
    upstream.inject(always(hang()));
    const { signal, abort } = abortable();
    const calls = [rejection(client.newestItem({}, { signal })), rejection(client.getItem({ id: '1' }, { signal }))];
    await clock.advance(10);
    abort(new CallError('cancelled', 'enough'));
    const stories = (await Promise.all(calls)).map(({ story }) => story?.operation);
    expect(stories).toEqual(['GET /api/items/newest', 'GET /api/items/{id}']);
  });

  it('says how long a call waited for a place', async () => {
    const { upstream, client } = open({ concurrencyLimit: 1, maxQueue: 5 });
    upstream.inject(always(slow(40)));
    const first = client.newestItem();
    await clock.advance(10);
    const second = client.newestItem.explain();
    await clock.advance(100);
    await first;
    expect(told((await second).story, 'queued')).toEqual([
      { kind: 'queued', atMs: 0, tookMs: 30, inFlight: 1, limit: 1 },
    ]);
  });

  it('has the attempt that was under way when the caller gave up', async () => {
    const { upstream, client } = open();
    await clock.run(client.newestItem());
    upstream.inject(always(hang()));
    const { signal, abort } = abortable();
    const call = rejection(client.newestItem({}, { signal }));
    await clock.advance(25);
    abort();
    const { story } = await call;
    await clock.advance(0);
    expect(story?.events).toMatchObject([
      { kind: 'attempt', atMs: 0, tookMs: 25, code: 'cancelled' },
      { kind: 'ended', atMs: 25, code: 'cancelled', leftMs: 4_975 },
    ]);
  });

  it('says that a call was too late before it was sent', async () => {
    const { client } = open();
    const { story } = await rejection(client.newestItem({}, { deadlineMs: clock.now() - 1 }));
    expect(story?.events).toMatchObject([{ kind: 'ended', code: 'deadline_exceeded', leftMs: 0 }]);
  });

  it('is in what a reply fails with that is not as agreed, in a stream’s errors, and after closing', async () => {
    const { upstream, client } = open();
    const heal = upstream.inject([async ({ answer }) => ({ ...(await answer()), body: '{"id":' })]);
    const { code, story } = await rejection(clock.run(client.newestItem()));
    expect(code).toBe('invalid_reply');
    expect(told(story, 'ended')).toMatchObject([{ status: 200, code: 'invalid_reply' }]);
    heal();
    const items = (async () => {
      for await (const _ of client.watchItems({ breakAfter: 1 }));
    })();
    expect(told((await rejection(clock.run(items))).story, 'ended')).toMatchObject([{ status: 200, code: 'internal' }]);
    await upstream.close();
    const closed = await rejection(client.newestItem());
    expect(told(closed.story, 'ended')).toMatchObject([{ code: 'unavailable' }]);
  });

  it('is with the cause of an AxiosError', async () => {
    const { upstream } = open({ maxAttempts: 1 });
    upstream.inject(always(refused()));
    const things = axios.create({ adapter: parleyAdapter(upstream), baseURL: 'http://shop' });
    const error: AxiosError = await clock.run(things.get('/api/items/newest').catch((error) => error));
    expect(told((error.cause as CallError).story, 'attempt')).toMatchObject([{ cause: 'ECONNREFUSED' }]);
  });
});

describe('what a story holds', () => {
  const secret = 's3cret';

  it.each<[string, Faults]>([
    ['success', ok()],
    ['error', always(problem('unavailable'))],
    ['declared error', [async () => ({ status: 409, headers: {}, body: secret })]],
    ['broken connection', always(reset())],
    [
      'foreign reply',
      always([async () => ({ status: 502, headers: { 'x-key': secret, 'server-timing': secret }, body: secret })]),
    ],
  ])('is no input, header or body: %s', async (_, fault) => {
    const { upstream, client } = open({ maxAttempts: 2 });
    upstream.interceptors.request.use((config) => {
      config.headers.set('authorization', secret);
      return config;
    });
    upstream.inject(fault);
    const stories = await Promise.all([
      clock.run(storyOf(client.getItem.explain({ id: secret, language: secret }))),
      clock.run(storyOf(client.listItems.explain({ tags: secret }))),
      clock.run(storyOf(client.setItem.explain({ id: secret, name: secret }))),
    ]);
    for (const story of stories) {
      expect(kindsOf(story)).toContain('ended');
      expect(`${story}${JSON.stringify(story)}${inspect(story, { depth: 9, showHidden: true })}`).not.toContain(secret);
    }
  });
});

describe('x-explain', () => {
  function asked() {
    const { upstream, client } = open();
    const headers: (string | undefined)[] = [];
    upstream.interceptors.request.use((config) => {
      headers.push(config.headers.get('x-explain')?.toString());
      return config;
    });
    const timing = 'shop;dur=12.5;own=8.1, stock;dur=4.4;own=4.4, <b>;dur=1';
    upstream.inject(
      always([
        async ({ answer }) => {
          const reply = await answer();
          return { ...reply, headers: { ...reply.headers, 'server-timing': timing } };
        },
      ]),
    );
    return { client, headers };
  }

  it('is asked of a service only where its caller asked', async () => {
    const { client, headers } = asked();
    await clock.run(client.newestItem());
    await clock.run(client.newestItem.explain());
    await clock.run(runInContext({ timings: [] }, () => client.newestItem()));
    expect(headers).toEqual([undefined, '1', '1']);
  });

  it('brings back where the time of each hop went', async () => {
    const { story } = await clock.run(asked().client.newestItem.explain());
    expect(told(story, 'attempt')[0]?.hops).toEqual([
      { service: 'shop', tookMs: 12.5, ownMs: 8.1 },
      { service: 'stock', tookMs: 4.4, ownMs: 4.4 },
    ]);
    expect(String(story)).toContain('200 in 0.0 ms: shop 12.5 ms (own 8.1 ms), stock 4.4 ms (own 4.4 ms)');
  });

  it('leaves it for the caller of the service that makes the call', async () => {
    const timings: string[] = [];
    const { client } = asked();
    await clock.run(runInContext({ timings }, () => client.newestItem()));
    expect(timings).toEqual(['shop;dur=12.5;own=8.1, stock;dur=4.4;own=4.4']);
  });
});

async function storyOf(call: Promise<{ readonly story: Story }>): Promise<Story | undefined> {
  try {
    return (await call).story;
  } catch (error) {
    return error instanceof CallError ? error.story : undefined;
  }
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason?: unknown) => controller.abort(reason) };
}
