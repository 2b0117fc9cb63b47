import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { AttemptsLeft } from '@parley/contract';
import {
  hangingUntilAborted,
  holding,
  problemReply,
  type Step,
  scripted,
  someCall,
  someError,
  somePostCall,
  someReply,
  someTry,
} from '../../test-fixtures/sample.ts';
import type { Call, SendTry, Try } from '../layer.ts';
import { CallEvents } from '../telemetry/call-events.ts';
import { Telemetry } from '../telemetry/telemetry.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { StreamSource } from '../transport/body-source.ts';
import { hedge } from './hedge.ts';
import { RetryBudget } from './retry-budget.ts';

let clock: VirtualClock;
let options: { hedgeRatio: number };
beforeEach(() => {
  clock = new VirtualClock();
  options = { hedgeRatio: 0.01 };
});

/** Ends so after `ms`, unless its signal fires before. */
function after(
  ms: number,
  outcome: Step<Try> = someReply(),
): (request: { readonly signal: Try['signal'] }) => ReturnType<SendTry> {
  return (request) =>
    new Promise((resolve, reject) => {
      const disarm = clock.after(ms, () => (outcome instanceof Error ? reject(outcome) : resolve(outcome as never)));
      request.signal?.addEventListener('abort', () => {
        disarm();
        reject(request.signal?.reason);
      });
    });
}

/** The layer when it knows that calls take 10 ms: an attempt is slow after 10.4 ms. */
async function warm(budgetPerSecond = 1_000, calls = 200, events?: CallEvents) {
  let current: SendTry = after(10);
  const budget = new RetryBudget(holding({ retryBudgetRatio: 0, retryBudgetPerSecond: budgetPerSecond }), clock);
  const send = hedge(holding(options), budget, clock, events)((request) => current(request));
  const earlier = Array.from({ length: calls }, () => send(someTry({}, { hedge: true })));
  await clock.advance(3_010); // the delay is worked out 3 s after the first latency
  await Promise.all(earlier);
  const call = (steps: readonly Step<Try>[], request: Call = someCall(), given: Partial<Try> = {}) => {
    const script = scripted<Try>(...steps);
    current = script;
    const ended = send(someTry({ call: request, ...given })).catch((error: unknown) => error);
    return { script, ended };
  };
  return { call, budget };
}

describe('hedge', () => {
  it('tells a copy that takes the last attempt that none may follow', async () => {
    const { call } = await warm();
    const { script } = call([hangingUntilAborted, someReply()], someCall(), {
      mayRetry: true,
      attemptsLeft: new AttemptsLeft(1),
    });
    await clock.advance(11);
    expect(script.requests.map(({ mayRetry }) => mayRetry)).toEqual([true, false]);
  });

  it('sends a second copy once an attempt is slow, and cancels the first when that answers', async () => {
    const { call } = await warm();
    const reply = someReply();
    const { script, ended } = call([hangingUntilAborted, reply]);
    await clock.advance(10);
    expect(script.requests).toHaveLength(1);
    await clock.advance(1);
    expect(await ended).toBe(reply);
    expect(script.requests.map(({ isHedge }) => isHedge)).toEqual([false, true]);
    const [first, copy] = script.requests;
    expect(first?.signal?.reason).toMatchObject({ code: 'cancelled', blamesEndpoint: false });
    expect(copy?.signal?.aborted).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('cancels the copy when the first answers after all', async () => {
    const { call } = await warm();
    const reply = someReply();
    const { script, ended } = call([after(20, reply), hangingUntilAborted]);
    await clock.advance(20);
    expect(await ended).toBe(reply);
    expect(script.requests.map(({ signal }) => signal?.aborted)).toEqual([false, true]);
  });

  it('sends none while attempts are as quick as ever, and leaves no timer', async () => {
    const { call } = await warm();
    const { script, ended } = call([after(10)]);
    await clock.advance(10);
    expect(await ended).toMatchObject({ status: 200 });
    expect(clock.pending).toBe(0);
    expect(script.requests[0]?.signal?.aborted).toBe(false);
    await clock.advance(60_000);
    expect(script.requests).toHaveLength(1);
  });

  it('sends none before enough latencies are known', async () => {
    const { call } = await warm(1_000, 100);
    const { script } = call([hangingUntilAborted]);
    await clock.advance(60_000);
    expect(script.requests).toHaveLength(1);
  });

  it('leaves to retry what fails before it is slow', async () => {
    const { call } = await warm();
    const { script, ended } = call([after(5, someError())]);
    await clock.advance(60_000);
    expect(await ended).toMatchObject({ code: 'unavailable' });
    expect(script.requests).toHaveLength(1);
  });

  it.each<[string, () => Step<Try>, () => Step<Try>]>([
    ['the first breaks', () => after(15, someError()), () => after(10)],
    ['the first is told to come later', () => after(15, problemReply('overloaded')), () => after(10)],
    ['the copy breaks', () => after(30), () => after(1, someError())],
    ['the copy is told that the first is running', () => after(30), () => problemReply('idempotency_key_in_use')],
  ])('waits for the other copy where %s', async (_, first, copy) => {
    const { call } = await warm();
    const { ended } = call([first(), copy()]);
    await clock.advance(30);
    expect(await ended).toMatchObject({ status: 200 });
    expect(clock.pending).toBe(0);
  });

  it('takes an answer that is final, a 404 too', async () => {
    const { call } = await warm();
    const { ended } = call([hangingUntilAborted, problemReply('not_found')]);
    await clock.advance(11);
    expect(await ended).toMatchObject({ status: 404 });
  });

  it('fails as the first copy did where both fail, whichever was last', async () => {
    const { call } = await warm();
    const [first, copy] = [someError('attempt_timeout'), someError()];
    const early = call([after(15, first), after(10, copy)]);
    await clock.advance(30);
    expect(await early.ended).toBe(first);
    const late = call([after(25, first), after(10, copy)]);
    await clock.advance(30);
    expect(await late.ended).toBe(first);
  });

  it('is not unprocessed where a server may have seen one of two copies', async () => {
    const { call } = await warm();
    const { ended } = call([after(15, someError('unavailable', { isUnprocessed: true })), after(10, someError())]);
    await clock.advance(30);
    expect(await ended).toMatchObject({ isUnprocessed: false });
  });

  it('passes on what is no CallError at once', async () => {
    const { call } = await warm();
    const bug = new TypeError('x is not a function');
    const { script, ended } = call([hangingUntilAborted, () => Promise.reject(bug)]);
    await clock.advance(11);
    expect(await ended).toBe(bug);
    expect(script.requests[0]?.signal?.aborted).toBe(true);
  });

  it('ends both copies when the caller gives up, with the reason', async () => {
    const { call } = await warm();
    const caller = new AbortController();
    const { script, ended } = call([hangingUntilAborted], someCall({ signal: caller.signal }));
    await clock.advance(11);
    const reason = someError('deadline_exceeded');
    caller.abort(reason);
    expect(await ended).toBe(reason);
    expect(script.requests.map(({ signal }) => signal?.reason)).toEqual([reason, reason]);
    expect(clock.pending).toBe(0);
  });

  it('sends nothing for a caller that has given up', async () => {
    const { call } = await warm();
    const { script, ended } = call([someReply()], someCall({ signal: AbortSignal.abort() }));
    expect(await ended).toMatchObject({ code: 'cancelled' });
    expect(script.requests).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  const label = someCall().label;
  it.each<[string, () => Call]>([
    ['unsafe', () => somePostCall({ label })],
    ['idempotent: a PUT could undo one that came in between', () => someCall({ safety: 'idempotent' })],
    ['for a stream', () => someCall({ replyAs: 'stream' })],
    ['not to be', () => someCall({ hedge: false })],
    ['a stream itself', () => someCall({ body: new StreamSource(Readable.from([])) })],
    ['at its deadline before it is slow', () => someCall({ deadlineMs: clock.now() + 10 })],
  ])('sends no copy of what is %s', async (_, requestOf) => {
    const { call } = await warm();
    const { script } = call([hangingUntilAborted], requestOf());
    await clock.advance(60_000);
    expect(script.requests).toHaveLength(1);
  });

  it.each<[string, Partial<Call>]>([
    ['keyed', { safety: 'keyed', method: 'POST', body: '{}' }],
    ['for bytes', { replyAs: 'bytes' }],
  ])('sends a copy of what is %s', async (_, overrides) => {
    const { call } = await warm();
    const { script } = call([hangingUntilAborted], someCall(overrides));
    await clock.advance(11);
    expect(script.requests).toHaveLength(2);
  });

  it('is off by default, but for calls that ask for it', async () => {
    options.hedgeRatio = 0;
    const { call } = await warm();
    const silent = call([hangingUntilAborted]);
    await clock.advance(60_000);
    expect(silent.script.requests).toHaveLength(1);
  });

  it('hedges a call that asks for it at 1 % where the upstream has no ratio', async () => {
    options.hedgeRatio = 0;
    const { call } = await warm();
    const asking = call([hangingUntilAborted], someCall({ hedge: true }));
    await clock.advance(11);
    expect(asking.script.requests).toHaveLength(2);
  });

  it('follows an option that changes while it runs', async () => {
    const { call } = await warm();
    options.hedgeRatio = 0;
    const { script } = call([hangingUntilAborted]);
    await clock.advance(60_000);
    expect(script.requests).toHaveLength(1);
  });

  it('sends no more copies than its ratio, even if all attempts turn slow', async () => {
    const { call } = await warm(1_000, 400); // 4 copies saved up
    let sent = 0;
    for (let i = 0; i < 100; i++) {
      const { script, ended } = call([after(12, someReply())]);
      await clock.advance(12);
      await ended;
      sent += script.requests.length;
    }
    expect(sent).toBeGreaterThanOrEqual(104);
    expect(sent).toBeLessThanOrEqual(105);
  });

  it('sends none that the retry budget does not pay for, and takes one from it for each', async () => {
    const telemetry = new Telemetry();
    const refused: string[] = [];
    telemetry.subscribe({ onBudgetRefusal: ({ upstream, kind }) => refused.push(`${upstream} ${kind}`) });
    const { call, budget } = await warm(2, 200, new CallEvents(telemetry, 'things'));
    expect(budget.withdraw()).toBe(true);
    const paid = call([hangingUntilAborted]);
    await clock.advance(11);
    expect(paid.script.requests).toHaveLength(2);
    const unpaid = call([hangingUntilAborted]);
    await clock.advance(11);
    expect(unpaid.script.requests).toHaveLength(1);
    expect(refused).toEqual(['things hedge']);
  });

  it('does not get quicker and quicker by its own hedges', async () => {
    options.hedgeRatio = 0.02;
    const { call } = await warm(1_000, 0);
    const copies: number[] = [];
    for (let round = 0; round < 6; round++) {
      let sent = 0;
      for (let i = 0; i < 200; i++) {
        // 97.5 % take 10 ms, 1.5 % take 20, 1 % take 100: without those last ones 10 ms would be the 98th percentile.
        const ms = i === 60 || i === 160 ? 100 : i === 40 || i === 90 || i === 140 ? 20 : 10;
        const { script, ended } = call([after(ms), after(10)]);
        await clock.advance(100);
        await ended;
        sent += script.requests.length - 1;
      }
      copies.push(sent);
    }
    expect(copies.slice(2)).toEqual([2, 2, 2, 2]);
  });
});
