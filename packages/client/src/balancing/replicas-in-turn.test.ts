import { expect, it } from '@jest/globals';
import { someError, someReply, someRequest } from '../../test-fixtures/sample.ts';
import { ScriptedUpstream } from '../../test-fixtures/scripted-upstream.ts';

// Each replica dies the moment the one before is back: one of them is alive at any time.
it.each([
  { perSecond: 20, deadMs: 500 },
  { perSecond: 50, deadMs: 1_000 },
  { perSecond: 200, deadMs: 600 },
  { perSecond: 100, deadMs: 2_500 },
  { perSecond: 50, deadMs: 5_000 },
])('loses no call of $perSecond a second while two replicas die in turn, for $deadMs ms each', async (given) => {
  const betweenMs = 1_000 / given.perSecond;
  let dead = '';
  const answer = (name: string) => () =>
    dead === name ? Promise.reject(someError('unavailable', { isUnprocessed: true })) : Promise.resolve(someReply());
  const one: ScriptedUpstream = new ScriptedUpstream({
    a: (attempt) => one.after(2, answer('a'))(attempt),
    b: (attempt) => one.after(2, answer('b'))(attempt),
  });
  let attempts = 0;
  one.upstream.subscribe({ onAttempt: () => attempts++ });
  const calls: Promise<unknown>[] = [];
  for (let death = 0; death < 20; death++) {
    dead = death % 2 === 0 ? 'a' : 'b';
    for (let ms = 0; ms < given.deadMs; ms += betweenMs) {
      calls.push(one.upstream.send(someRequest()));
      await one.clock.advance(betweenMs);
    }
  }
  await one.clock.advance(10_000);
  expect((await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected')).toEqual([]);
  // Each death costs a few attempts, until the circuit is open.
  expect(attempts - calls.length).toBeLessThan(20 * 6);
  await one.close();
});
