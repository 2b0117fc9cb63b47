import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InFlight } from './in-flight.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void;

interface Some {
  readonly id: number;
}

describe('what is in flight', () => {
  it('holds what a Set would, whatever comes and goes', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 20 })));
    fc.assert(
      fc.property(steps, (taken) => {
        const members: readonly Some[] = Array.from({ length: 21 }, (_, id) => ({ id }));
        const [inFlight, expected] = [new InFlight<Some>(), new Set<Some>()];
        for (const [isComing, id] of taken) {
          const member = members[id] as Some;
          if (!isComing) inFlight.delete(member);
          else if (!expected.has(member)) inFlight.add(member);
          if (isComing) expected.add(member);
          else expected.delete(member);
          expect(inFlight.size).toBe(expected.size);
          expect(new Set(inFlight)).toEqual(expected);
        }
      }),
    );
  });

  it('shows each of those that were there, also where the look ends some', () => {
    const inFlight = new InFlight<Some>();
    for (let id = 0; id < 5; id++) inFlight.add({ id });
    const seen: number[] = [];
    for (const member of inFlight) {
      seen.push(member.id);
      inFlight.delete(member);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(inFlight.size).toBe(0);
  });

  it('lets a quick collection free those that have gone, as a Set does not', () => {
    expect(promotedMb(new Set())).toBeGreaterThan(5);
    expect(promotedMb(new InFlight())).toBeLessThan(1);
  });
});

/** How much becomes old of 20 000 members of about 1 KiB, 50 of which are there at a time. */
function promotedMb(set: { add(member: object): unknown; delete(member: object): unknown }): number {
  const oldMb = () =>
    (getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0) / 2 ** 20;
  const present = Array.from({ length: 50 }, some);
  for (const member of present) set.add(member);
  gc();
  const beforeMb = oldMb();
  for (let n = 0; n < 20_000; n++) {
    const at = n % present.length;
    set.delete(present[at] as object);
    present[at] = some();
    set.add(present[at] as object);
    if (n % 500 === 0) gc({ type: 'minor' });
  }
  return oldMb() - beforeMb;
}

const some = () => ({ id: 0, payload: Array.from({ length: 100 }, (_, index) => index + 0.5) });
