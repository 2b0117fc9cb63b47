import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { holding } from '../../test-fixtures/sample.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { RetryBudget } from './retry-budget.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

const many = 100_000;
function drain(budget: RetryBudget): number {
  let count = 0;
  while (count < many && budget.withdraw()) count++;
  return count;
}

describe('retryBudget', () => {
  it('lets a quiet client make its extra attempts per second, and no more', async () => {
    const budget = new RetryBudget(holding({ retryBudgetRatio: 0.2, retryBudgetPerSecond: 10 }), clock);
    expect(drain(budget)).toBe(10);
    await clock.advance(500);
    expect(drain(budget)).toBe(5);
    await clock.advance(60_000);
    expect(drain(budget)).toBe(10);
  });

  it('lets calls pay for their share of extra attempts', () => {
    const budget = new RetryBudget(holding({ retryBudgetRatio: 0.25, retryBudgetPerSecond: 0 }), clock);
    expect(budget.withdraw()).toBe(false);
    for (let i = 0; i < 1_000; i++) budget.deposit();
    expect(drain(budget)).toBe(250);
  });

  it('forgets what was paid in long ago', async () => {
    const budget = new RetryBudget(holding({ retryBudgetRatio: 0.25, retryBudgetPerSecond: 0 }), clock);
    for (let i = 0; i < 1_000; i++) budget.deposit();
    await clock.advance(10_000);
    expect(drain(budget)).toBe(Math.floor(250 / Math.E));
    for (let i = 0; i < 1_000; i++) budget.deposit();
    await clock.advance(120_000);
    expect(drain(budget)).toBe(0);
  });

  it('allows nothing where ratio and rate are 0', async () => {
    const budget = new RetryBudget(holding({ retryBudgetRatio: 0, retryBudgetPerSecond: 0 }), clock);
    for (let i = 0; i < 1_000; i++) budget.deposit();
    await clock.advance(1_000);
    expect(budget.withdraw()).toBe(false);
  });

  it.each([10, 0])('takes back what was withdrawn, and no more than that, with %d a second', (perSecond) => {
    const budget = new RetryBudget(holding({ retryBudgetRatio: 0.5, retryBudgetPerSecond: perSecond }), clock);
    for (let i = 0; i < 20; i++) budget.deposit();
    for (let i = 0; i < 3; i++) budget.withdraw();
    for (let i = 0; i < 3; i++) budget.refund();
    expect(drain(budget)).toBe(10 + perSecond);
  });

  it('is not filled above its rate by what comes back late', async () => {
    const budget = new RetryBudget(holding({ retryBudgetRatio: 0, retryBudgetPerSecond: 10 }), clock);
    budget.withdraw();
    await clock.advance(1_000);
    budget.refund();
    expect(drain(budget)).toBe(10);
  });

  it('never gives out more than was paid in and accrued, whatever happens in which order', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('deposit'), amount: fc.integer({ min: 1, max: 50 }) }),
      fc.record({ kind: fc.constant('withdraw'), amount: fc.integer({ min: 1, max: 50 }) }),
      fc.record({ kind: fc.constant('wait'), amount: fc.integer({ min: 1, max: 5_000 }) }),
    );
    const property = fc.asyncProperty(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 50 }),
      fc.array(step, { maxLength: 40 }),
      async (ratio, perSecond, steps) => {
        const budget = new RetryBudget(holding({ retryBudgetRatio: ratio, retryBudgetPerSecond: perSecond }), clock);
        const startedAt = clock.now();
        let deposits = 0;
        let granted = 0;
        for (const { kind, amount } of steps) {
          if (kind === 'wait') await clock.advance(amount);
          for (let i = 0; i < amount && kind !== 'wait'; i++) {
            if (kind === 'deposit') {
              budget.deposit();
              deposits++;
            } else if (budget.withdraw()) granted++;
          }
          const seconds = (clock.now() - startedAt) / 1000;
          expect(granted).toBeLessThanOrEqual(deposits * ratio + perSecond * (1 + seconds) + 1e-6);
        }
      },
    );
    await fc.assert(property, { numRuns: 50 });
  });
});
