import { afterEach, expect, it, jest } from '@jest/globals';
import { processDependencies } from './process-dependencies.ts';

afterEach(() => {
  jest.useRealTimers();
});

it('the clock of commands does not jump with the wall clock', () => {
  jest.useFakeTimers();
  const { now } = processDependencies();
  const beforeMs = now();
  jest.setSystemTime(Date.now() + 3_600_000);
  expect(now()).toBe(beforeMs);
});
