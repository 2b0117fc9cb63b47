import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InFlight } from './in-flight.ts';

const run = promisify(execFile);

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
          expect(inFlight.inOrder()).toEqual([...expected]);
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

  it('lets a quick collection free those that have gone, as a Set does not', async () => {
    const main = join(import.meta.dirname, '../../test-fixtures/in-flight-main.ts');
    // A heap that large is not collected whole, which would free the old ones too.
    const flags = ['--expose-gc', '--initial-heap-size=1000', '--conditions=@parley/source'];
    const { stdout } = await run(process.execPath, [...flags, main]);
    const { set, inFlight } = JSON.parse(stdout) as { set: number; inFlight: number };
    expect(set).toBeGreaterThan(5);
    expect(inFlight).toBeLessThan(1);
  });
});
