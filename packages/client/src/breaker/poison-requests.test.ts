import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  problemReply,
  type Step,
  scripted,
  someError,
  somePost,
  someReply,
  someRequest,
} from '../../test-fixtures/sample.ts';
import { type Answering, ScriptedUpstream } from '../../test-fixtures/scripted-upstream.ts';
import type { CallRequest } from '../layer.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';

let clock: VirtualClock;
let closeables: { close(): unknown }[];
beforeEach(() => {
  clock = new VirtualClock();
  closeables = [];
});
afterEach(async () => {
  for (const one of closeables.reverse()) await one.close();
});

/** An upstream over three endpoints, each of which answers by its script. */
function upstreamOver(answers: readonly Answering[], given: Partial<UpstreamOptions> = {}) {
  const states: string[] = [];
  const attempts: string[] = [];
  const noted = answers.map((answer, index): [string, Answering] => [
    `${index}`,
    (attempt) => {
      attempts.push(`${index} ${attempt.call.path}`);
      return answer(attempt);
    },
  ]);
  const one = new ScriptedUpstream(Object.fromEntries(noted), { clock, ...given });
  closeables.push(one);
  const { send, shared } = one.upstream;
  one.upstream.subscribe({ onCircuit: ({ endpoint, state }) => states.push(`${endpoint.at(-1)} ${state}`) });
  /** How a call ends, in its own time. */
  const outcome = async (request: CallRequest): Promise<number | string> => {
    let ended: number | string | undefined;
    send(request).then(
      ({ status }) => {
        ended = status;
      },
      ({ code }) => {
        ended = code;
      },
    );
    while (ended === undefined) await clock.advance(10);
    return ended;
  };
  const budgetLeft = () => {
    let left = 0;
    while (shared.budget.withdraw()) left++;
    return left;
  };
  return { send, outcome, states, attempts, budgetLeft };
}

const things = (id: number | string) => someRequest({ path: `/api/things/${id}` });

/** Answers well, but for what is on the list. */
const failing =
  (isPoison: (path: string) => boolean, step: Step = problemReply('unavailable')): Answering =>
  async (request) =>
    isPoison(request.call.path) ? scripted(step)(request) : someReply();

const answering: Answering = async () => someReply();
const down: Answering = async () => problemReply('unavailable');

describe('poison requests', () => {
  // The 41st, the 141st, …: 1 % of all.
  const isOneOfHundred = (path: string) => path.endsWith('41');

  it.each([
    [1, 'unavailable'],
    [20, 'unavailable'],
    [20, 'internal'],
  ] as const)(
    'eject no endpoint, open no circuit and cost no budget when 1 %% of GETs fail everywhere, %d at a time, with %s',
    async (atOnce, code) => {
      const everywhere = failing(isOneOfHundred, problemReply(code));
      const budget = { retryBudgetPerSecond: 1, retryBudgetRatio: 0 };
      const upstream = upstreamOver([everywhere, everywhere, everywhere], budget);
      const failed: string[] = [];
      for (let first = 0; first < 4_000; first += atOnce) {
        const ids = Array.from({ length: atOnce }, (_, index) => `${first + index}`);
        const statuses = await Promise.all(ids.map((id) => upstream.outcome(things(id))));
        failed.push(...ids.filter((_, index) => statuses[index] !== 200));
      }
      expect(failed).toHaveLength(40);
      expect(failed.filter((id) => !isOneOfHundred(id))).toEqual([]);
      expect(upstream.states).toEqual([]);
      // One retry a second would not have paid for that.
      const triedOnce = failed.filter((id) => upstream.attempts.filter((one) => one.endsWith(`/${id}`)).length < 2);
      expect(triedOnce).toEqual([]);
    },
  );

  it.each([
    ['many requests', (call: number) => things(call)],
    ['one request again and again', () => things(7)],
  ])('are none when all is down for %s: all circuits open, and the budget is spent', async (_, request) => {
    const upstream = upstreamOver([down, down, down], { circuitProbes: 1 });
    const startMs = clock.now();
    for (let call = 0; call < 100; call++) await upstream.outcome(request(call));
    expect(upstream.states.slice(0, 3).sort()).toEqual(['0 open', '1 open', '2 open']);
    // All are used when all are ejected (panic): what bounds the attempts, 300 else, is the budget.
    const budget = 10 + 100 * 0.2 + ((clock.now() - startMs) / 1_000) * 10;
    expect(upstream.attempts.length).toBeLessThanOrEqual(100 + budget);
    expect(upstream.attempts.length).toBeLessThan(200);
    expect(upstream.budgetLeft()).toBeLessThan(10);
  });

  it.each([1, 50])(
    'are not what one dead replica of three suffers from: it is ejected and fails no call, %d at a time',
    async (atOnce) => {
      const upstream = upstreamOver([answering, down, answering], { retryBudgetPerSecond: 100 });
      for (let first = 0; first < 200; first += atOnce) {
        const ids = Array.from({ length: atOnce }, (_, index) => first + index);
        const statuses = await Promise.all(ids.map((id) => upstream.outcome(things(id))));
        expect(statuses.every((status) => status === 200)).toBe(true);
      }
      expect(upstream.states.every((state) => state.startsWith('1 '))).toBe(true);
      const dead = upstream.attempts.filter((attempt) => attempt.startsWith('1 '));
      // One at a time, the balancer leaves it alone before it has failed five times; under load that is no help.
      if (atOnce === 1) expect(dead.length).toBeLessThan(5);
      else expect(upstream.states[0]).toBe('1 open');
    },
  );

  it('are not what two dead replicas of three suffer from', async () => {
    let isDown = false;
    const dying: Answering = async () => (isDown ? problemReply('unavailable') : someReply());
    const upstream = upstreamOver([dying, answering, dying], { retryBudgetPerSecond: 1_000 });
    for (let id = 0; id < 30; id++) await upstream.outcome(things(id));
    isDown = true;
    for (let first = 0; first < 1_000; first += 100) {
      const ids = Array.from({ length: 100 }, (_, index) => first + index);
      const statuses = await Promise.all(ids.map((id) => upstream.outcome(things(id))));
      expect(statuses.every((status) => status === 200)).toBe(true);
    }
    expect(upstream.states.slice(0, 2).sort()).toEqual(['0 open', '2 open']);
  });

  describe('once known', () => {
    async function known(path = '/api/things/bad') {
      let isMended = false;
      const everywhere: Answering = async (request) =>
        request.call.path === path && !isMended ? problemReply('unavailable') : someReply();
      const upstream = upstreamOver([everywhere, everywhere, everywhere]);
      await upstream.outcome(things('bad'));
      for (let id = 0; id < 20; id++) await upstream.outcome(things(id));
      upstream.attempts.length = 0;
      const mend = (mended: boolean) => {
        isMended = mended;
      };
      return { ...upstream, mend };
    }

    it('are sent once, and count for nothing', async () => {
      const { outcome, attempts, states } = await known();
      for (let i = 0; i < 30; i++) expect(await outcome(things('bad'))).toBe(503);
      expect(attempts).toHaveLength(30);
      expect(states).toEqual([]);
    });

    it('are forgotten after 10 s', async () => {
      const { outcome, attempts } = await known();
      await clock.advance(10_000);
      await outcome(things('bad'));
      expect(attempts.length).toBeGreaterThan(1);
    });

    it('are forgotten at once when answered well', async () => {
      const { outcome, mend, attempts } = await known();
      mend(true);
      expect(await outcome(things('bad'))).toBe(200);
      mend(false);
      attempts.length = 0;
      await outcome(things('bad'));
      expect(attempts.length).toBeGreaterThan(1);
    });

    it('excuse no other request, no other failure', async () => {
      const { outcome, attempts } = await known();
      expect(await outcome(somePost({ path: '/api/things/bad', safety: 'idempotent' }))).toBe(503);
      expect(attempts.length).toBeGreaterThan(1);
    });
  });

  it('give back what their retries cost, once they are known for what they are', async () => {
    const everywhere = failing((path) => path.endsWith('bad'));
    const upstream = upstreamOver([everywhere, everywhere], { retryBudgetPerSecond: 0.5, retryBudgetRatio: 0.5 });
    for (let id = 0; id < 4; id++) await upstream.outcome(things(id));
    await upstream.outcome(things('bad'));
    for (let id = 0; id < 6; id++) await upstream.outcome(things(id));
    expect(upstream.attempts.filter((attempt) => attempt.endsWith('bad'))).toHaveLength(3);
    expect(upstream.budgetLeft()).toBe(5); // half of 11 calls
  });

  it('stop at the second endpoint when the first has answered others since', async () => {
    const everywhere = failing((path) => path.endsWith('bad'));
    const { send, outcome, attempts } = upstreamOver([everywhere, everywhere, everywhere], { backoffBaseMs: 200 });
    const bad = send(things('bad'));
    await clock.advance(0);
    for (let id = 0; id < 20; id++) send(things(id));
    await clock.advance(1_000);
    expect((await bad).status).toBe(503);
    expect(attempts.filter((attempt) => attempt.endsWith('bad'))).toHaveLength(2);
    expect(await outcome(things(99))).toBe(200);
  });

  it('are only those that replies tell of: a broken connection blames the endpoint at once', async () => {
    const resetting = failing((path) => path.endsWith('bad'), someError('unavailable'));
    const { outcome, states } = upstreamOver([resetting], { circuitConsecutiveFailures: 3 });
    await outcome(things(1));
    await outcome(things('bad'));
    expect(states).toEqual(['0 open']);
  });

  it('are not found where there is one endpoint only', async () => {
    const { outcome, states } = upstreamOver([failing((path) => path.endsWith('bad'))]);
    for (let i = 0; i < 4; i++) await outcome(things('bad'));
    expect(states).toEqual(['0 open']);
  });
});
