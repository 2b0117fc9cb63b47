import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createBackoff } from '../time/backoff.ts';
import { SupervisedProcess } from './supervised-process.ts';

/** A process that exists only here: no pid, so nothing real can be killed. */
class FakeChild extends EventEmitter {
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly kill = jest.fn();

  end(code: number | null, signal: string | null = null): void {
    this.emit('exit', code, signal);
    this.emit('close', code, signal);
  }
}

function createFixture(isReady: () => boolean = () => true) {
  const children: FakeChild[] = [];
  const told: string[] = [];
  const spawn = () => {
    const child = new FakeChild();
    children.push(child);
    return child as unknown as ChildProcess;
  };
  const program = {
    name: 'hello-1',
    command: 'node',
    args: [],
    cwd: '/',
    env: {},
    isReady: async () => isReady(),
    drainSignal: 'SIGTERM',
    readyTimeoutMs: 1_000,
    drainTimeoutMs: 2_000,
  } as const;
  const observer = {
    onLine: () => {},
    onState: (state: string, _pid: number | undefined, why?: string, isPlanned = false) =>
      void told.push(`${state}${why ? `: ${why}` : ''}${isPlanned ? ', planned' : ''}`),
    onTrouble: (sentence: string) => void told.push(sentence),
  };
  return { process: new SupervisedProcess(program, observer, spawn), children, told };
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('SupervisedProcess', () => {
  it('is started again after 100 ms, then 200 ms, and so on up to 5 s', async () => {
    const { process, children } = createFixture();
    await process.start();
    for (const waitMs of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
      const before = children.length;
      children.at(-1)?.end(1);
      await jest.advanceTimersByTimeAsync(waitMs - 1);
      expect(children).toHaveLength(before);
      await jest.advanceTimersByTimeAsync(1);
      expect(children).toHaveLength(before + 1);
    }
  });

  it('starts over with 100 ms after it lived for 10 s', async () => {
    const { process, children, told } = createFixture();
    await process.start();
    children[0]?.end(1);
    await jest.advanceTimersByTimeAsync(100 + 10_000);
    children[1]?.end(null, 'SIGABRT');
    await jest.advanceTimersByTimeAsync(100);
    expect(told).toEqual([
      'starting',
      'ready',
      'restarting: exit code 1, again in 100 ms',
      'starting',
      'ready',
      'restarting: killed by SIGABRT, again in 100 ms',
      'starting',
      'ready',
    ]);
  });

  it('is started again with a growing wait where somebody sets the clock', async () => {
    const { process, children, told } = createFixture();
    await process.start();
    for (const waitMs of [100, 200]) {
      jest.setSystemTime(Date.now() + 3_600_000);
      children.at(-1)?.end(1);
      await jest.advanceTimersByTimeAsync(waitMs);
    }
    expect(told).toContain('restarting: exit code 1, again in 200 ms');
  });

  it('has the whole time to get ready where somebody sets the clock', async () => {
    let isReady = false;
    const { process, told } = createFixture(() => isReady);
    const started = process.start();
    await jest.advanceTimersByTimeAsync(100);
    jest.setSystemTime(Date.now() + 3_600_000);
    await jest.advanceTimersByTimeAsync(100);
    isReady = true;
    await jest.advanceTimersByTimeAsync(100);
    await started;
    expect(told).toEqual(['starting', 'ready']);
  });

  it.each(['SIGKILL', 'SIGTERM'])('is started again at once when %s ends it, however often', async (signal) => {
    const { process, children, told } = createFixture();
    await process.start();
    for (let round = 1; round <= 20; round++) {
      children.at(-1)?.end(null, signal);
      await jest.advanceTimersByTimeAsync(0);
      expect(children).toHaveLength(round + 1);
      await jest.advanceTimersByTimeAsync(100);
    }
    expect(told).toContain(`restarting: killed by ${signal}, again at once`);
  });

  it('is not started again at once when it is killed before it is ready', async () => {
    let isReady = true;
    const { process, children } = createFixture(() => isReady);
    await process.start();
    isReady = false;
    children[0]?.end(1);
    await jest.advanceTimersByTimeAsync(100);
    children[1]?.end(null, 'SIGKILL');
    await jest.advanceTimersByTimeAsync(199);
    expect(children).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(2);
    expect(children).toHaveLength(3);
  });

  it('waits longer each time when it hangs again and again', async () => {
    const { process, children, told } = createFixture();
    await process.start();
    for (const waitMs of [100, 200, 400]) {
      const before = children.length;
      await jest.advanceTimersByTimeAsync(20_000);
      process.endHung(3);
      children.at(-1)?.end(null, 'SIGKILL');
      await jest.advanceTimersByTimeAsync(waitMs - 1);
      expect(children).toHaveLength(before);
      await jest.advanceTimersByTimeAsync(2);
      expect(children).toHaveLength(before + 1);
    }
    expect(told).toContain('hello-1 hangs: no answer to 3 probes in a row: killed, to be started again');
  });

  it('says why it ended before it was ready', async () => {
    const { process, children } = createFixture(() => false);
    const refusal = expect(process.start()).rejects.toThrow(
      'hello-1 ended before it was ready (exit code 1): Error: no such table',
    );
    children[0]?.stderr.write('file:///x.ts:3\nError: no such table\n    at main\n\nNode.js v24\n');
    await jest.advanceTimersByTimeAsync(10);
    children[0]?.end(1);
    await jest.advanceTimersByTimeAsync(100);
    await refusal;
  });

  it('says so when it does not get ready in time', async () => {
    const { process } = createFixture(() => false);
    const refusal = expect(process.start()).rejects.toThrow('hello-1 was not ready within 1000 ms, without output');
    await jest.advanceTimersByTimeAsync(1_100);
    await refusal;
  });

  it('drains, and is not started again', async () => {
    const { process, children, told } = createFixture();
    await process.start();
    const stopping = process.stop();
    expect(children[0]?.kill).toHaveBeenCalledWith('SIGTERM');
    children[0]?.end(0);
    await stopping;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual(['starting', 'ready', 'stopping', 'stopped']);
    expect(children).toHaveLength(1);
  });

  it('says so when it has to be killed', async () => {
    const { process, children, told } = createFixture();
    await process.start();
    const stopping = process.stop();
    await jest.advanceTimersByTimeAsync(2_000);
    children[0]?.end(null, 'SIGKILL');
    await stopping;
    expect(told).toContain('hello-1 did not end within 2000 ms of SIGTERM: killed');
  });

  it('stops at once while it waits to be started again', async () => {
    const { process, children, told } = createFixture();
    await process.start();
    children[0]?.end(1);
    await jest.advanceTimersByTimeAsync(50);
    await process.stop();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(children).toHaveLength(1);
    expect(told.at(-1)).toBe('stopped');
  });
});

describe('createBackoff', () => {
  it('keeps its own count per process', () => {
    const [one, other] = [createBackoff(), createBackoff()];
    expect([one(0), one(0), other(0)]).toEqual([100, 200, 100]);
  });
});

describe('a process that is replaced', () => {
  it('gets its signal, and the next one is started at once, which must be ready', async () => {
    const { process, children, told } = createFixture();
    await process.start();
    const replaced = process.replace();
    expect(children[0]?.kill).toHaveBeenCalledWith('SIGTERM');
    children[0]?.end(0);
    await jest.advanceTimersByTimeAsync(0);
    await replaced;
    expect(children).toHaveLength(2);
    expect(told).toEqual([
      'starting',
      'ready',
      'stopping',
      'restarting: exit code 0, again at once, planned',
      'starting',
      'ready',
    ]);
  });

  it('tells why the next one is not ready, which is started again as after a crash', async () => {
    let isReady = true;
    const { process, children } = createFixture(() => isReady);
    await process.start();
    isReady = false;
    const replaced = expect(process.replace()).rejects.toThrow('ended before it was ready (exit code 1)');
    children[0]?.end(0);
    await jest.advanceTimersByTimeAsync(0);
    children[1]?.end(1);
    await jest.advanceTimersByTimeAsync(100);
    await replaced;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(children.length).toBeGreaterThan(2);
  });

  it('must be ready itself', async () => {
    const { process } = createFixture();
    await expect(process.replace()).rejects.toThrow('hello-1 is stopped: expected it to be ready');
  });

  it('is given up where the process is stopped meanwhile', async () => {
    const { process, children } = createFixture();
    await process.start();
    const replaced = expect(process.replace()).rejects.toThrow('was stopped before it was replaced');
    const stopped = process.stop();
    children[0]?.end(0);
    await jest.advanceTimersByTimeAsync(0);
    await Promise.all([replaced, stopped]);
    expect(children).toHaveLength(1);
    // A second signal would cut its requests off.
    expect(children[0]?.kill).toHaveBeenCalledTimes(1);
  });
});
