import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Admission } from './admission.ts';

/** Has callers ask until they are refused, and says how many places each got. */
function filled(admission: Admission, caller: string, priority: 'critical' | 'normal' | 'background', limit: number) {
  for (let got = 0; ; got++) if (admission.enter(caller, priority, limit)) return got;
}

describe('admission', () => {
  it.each([
    ['critical', 100],
    ['normal', 90],
    ['background', 60],
  ] as const)('lets %s requests have %d of a hundred places', (priority, places) => {
    const admission = new Admission();
    expect(filled(admission, 'a', priority, 100)).toBe(places);
    expect(admission.inFlight).toBe(places);
  });

  it('refuses background requests first, then normal ones', () => {
    const admission = new Admission();
    for (let n = 0; n < 70; n++) admission.enter('a', 'normal', 100);
    expect(admission.enter('a', 'background', 100)).toBe('overloaded');
    expect(filled(admission, 'a', 'normal', 100)).toBe(20);
    expect(filled(admission, 'a', 'critical', 100)).toBe(10);
  });

  it('has a place for one request whatever the limit', () => {
    const admission = new Admission();
    expect(admission.enter('a', 'background', 1)).toBeUndefined();
    expect(admission.enter('a', 'critical', 1)).toBe('overloaded');
  });

  it('refuses no request without a limit', () => {
    const admission = new Admission();
    for (let n = 0; n < 5000; n++) expect(admission.enter('a', 'background', Number.POSITIVE_INFINITY)).toBeUndefined();
  });

  it('gives a caller its share where another has taken everything, and refuses the other as the cause', () => {
    const admission = new Admission();
    filled(admission, 'greedy', 'critical', 100);
    expect(admission.enter('greedy', 'critical', 100)).toBe('overloaded');
    expect(filled(admission, 'modest', 'critical', 100)).toBe(50);
    expect(admission.enter('greedy', 'critical', 100)).toBe('rate_limited');
    // Nobody gets one until the limit is kept again.
    for (let n = 0; n < 50; n++) {
      expect(admission.enter('greedy', 'critical', 100)).toBe('rate_limited');
      admission.leave('greedy');
    }
    expect(admission.inFlight).toBe(100);
  });

  it('does not let many callers exceed the limit by more than half', () => {
    const admission = new Admission();
    filled(admission, 'greedy', 'critical', 100);
    for (let n = 0; n < 1000; n++) filled(admission, `caller ${n}`, 'critical', 100);
    expect(admission.inFlight).toBe(150);
  });

  it('serves at least 99 % of a modest caller beside a caller with ten times its share', () => {
    const admission = new Admission();
    let modestServed = 0;
    let greedyServed = 0;
    const inFlight: { caller: string; until: number }[] = [];
    const tryOne = (caller: string, turn: number) => {
      if (admission.enter(caller, 'normal', 20)) return 0;
      inFlight.push({ caller, until: turn + 10 });
      return 1;
    };
    // 18 places, held for 10 turns: 1.8 a turn. Greedy asks for 9 a turn, modest for 0.5.
    for (let turn = 0; turn < 10_000; turn++) {
      for (const done of inFlight.filter(({ until }) => until === turn)) {
        inFlight.splice(inFlight.indexOf(done), 1);
        admission.leave(done.caller);
      }
      for (let n = 0; n < 9; n++) greedyServed += tryOne('greedy', turn);
      if (turn % 2 === 0) modestServed += tryOne('modest', turn);
    }
    expect(modestServed).toBe(5000);
    // And nothing is wasted: greedy gets what modest leaves.
    expect(greedyServed).toBeGreaterThan(10_000);
  });

  it('counts right and forgets callers without requests in flight, in any order', () => {
    const step = fc.record({
      caller: fc.constantFrom('a', 'b', 'c', 'd'),
      priority: fc.constantFrom('critical' as const, 'normal' as const, 'background' as const),
      isLeaving: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 30 }), (steps, limit) => {
        const admission = new Admission();
        const held: string[] = [];
        for (const { caller, priority, isLeaving } of steps) {
          const at = held.indexOf(caller);
          if (isLeaving && at >= 0) {
            held.splice(at, 1);
            admission.leave(caller);
          } else if (!admission.enter(caller, priority, limit)) held.push(caller);
          expect(admission.inFlight).toBe(held.length);
          expect(admission.callers).toBe(new Set(held).size);
          expect(held.length).toBeLessThanOrEqual(Math.ceil(limit * 1.5));
        }
      }),
    );
  });
});
