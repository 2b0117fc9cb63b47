import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { processDependencies } from './process-dependencies.ts';

afterEach(() => {
  jest.useRealTimers();
});

describe('what a process has', () => {
  it('runs programs, and gives nothing of those that fail or are not there', async () => {
    const { runProgram } = processDependencies();
    expect(await runProgram(process.execPath, ['-p', '1+1'], '/')).toBe('2\n');
    expect(await runProgram(process.execPath, ['-e', 'process.exit(1)'], '/')).toBeUndefined();
    expect(await runProgram('no-program-of-this-name', [], '/')).toBeUndefined();
  });

  it('says of Docker what it wrote, or that there is none', async () => {
    const { runDocker } = processDependencies();
    const { isSuccess } = await runDocker(['no-such-command'], '/');
    expect(isSuccess).toBe(false);
  });

  it('waits no longer than until it is interrupted', async () => {
    const controller = new AbortController();
    controller.abort();
    await processDependencies().pause(3_600_000, controller.signal);
  });

  it('knows no name of a service that does not answer', async () => {
    expect(await processDependencies().serviceAt('http://127.0.0.1:9')).toBeUndefined();
  });

  it('has a clock that does not jump with the wall clock', () => {
    jest.useFakeTimers();
    const { now } = processDependencies();
    const beforeMs = now();
    jest.setSystemTime(Date.now() + 3_600_000);
    expect(now()).toBe(beforeMs);
  });
});
