import { describe, expect, it } from '@jest/globals';
import { type Priority, priorities } from '@parley/contract';
import fc from 'fast-check';
import { PriorityQueue } from './priority-queue.ts';

interface One {
  readonly id: number;
  readonly priority: Priority;
}

const rank = ({ priority }: One) => priorities.indexOf(priority);

describe('PriorityQueue', () => {
  const priority = fc.constantFrom(...priorities);
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), priority }),
    fc.record({ kind: fc.constant('take' as const), priority }),
    fc.record({ kind: fc.constant('giveWay' as const), priority }),
    fc.record({ kind: fc.constant('remove' as const), priority, at: fc.nat(20) }),
  );

  it('does as a list that is sorted by priority and, among equals, by coming', () => {
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new PriorityQueue<One>();
      let model: One[] = [];
      steps.forEach((step, id) => {
        if (step.kind === 'add') {
          const one = { id, priority: step.priority };
          expect(queue.ahead(step.priority)).toBe(model.filter((other) => rank(other) <= rank(one)).length);
          queue.add(one, step.priority);
          model = [...model, one].sort((a, b) => rank(a) - rank(b) || a.id - b.id);
        } else if (step.kind === 'take') expect(queue.take()).toBe(model.shift());
        else if (step.kind === 'giveWay') {
          const last = model.at(-1);
          const isLower = last !== undefined && rank(last) > priorities.indexOf(step.priority);
          expect(queue.giveWay(step.priority)).toBe(isLower ? model.pop() : undefined);
        } else {
          const one = model[step.at] ?? { id: -1, priority: step.priority };
          queue.remove(one, one.priority);
          model = model.filter((other) => other !== one);
        }
        expect(queue.size).toBe(model.length);
      });
    });
    fc.assert(property);
  });
});
