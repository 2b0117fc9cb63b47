import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LivenessWatch, type WatchedProcess } from './liveness-watch.ts';
import type { ProcessState } from './program.ts';

const options = { everyMs: 1_000, timeoutMs: 1_000, failures: 3, recoveryMs: 10_000 };
let watch: LivenessWatch;

/** A process that hangs or not, as a test wants it. */
class Watched implements WatchedProcess {
  state: ProcessState = 'ready';
  isHung = false;
  probeMs = 0;
  readonly ended: number[] = [];

  async isAlive(): Promise<boolean> {
    if (this.probeMs > 0) await new Promise((resolve) => setTimeout(resolve, this.probeMs));
    return !this.isHung;
  }

  endHung(failures: number): void {
    this.ended.push(failures);
    this.state = 'restarting';
  }

  recover(): void {
    this.state = 'ready';
    this.isHung = false;
  }
}

function watched(count: number): Watched[] {
  const all = Array.from({ length: count }, () => new Watched());
  for (const each of all) watch.watch(each);
  void watch.run();
  return all;
}

beforeEach(() => {
  jest.useFakeTimers();
  watch = new LivenessWatch(options);
});
afterEach(() => {
  watch.close();
  jest.useRealTimers();
});

describe('LivenessWatch', () => {
  it('ends a process that gives no answer three times in a row', async () => {
    const [hung, fine] = watched(2) as [Watched, Watched];
    hung.isHung = true;
    await jest.advanceTimersByTimeAsync(2_900);
    expect(hung.ended).toEqual([]);
    await jest.advanceTimersByTimeAsync(200);
    expect([hung.ended, fine.ended]).toEqual([[3], []]);
  });

  it('forgives two failures that are followed by an answer', async () => {
    const [shaky] = watched(1) as [Watched];
    for (let round = 0; round < 5; round++) {
      shaky.isHung = true;
      await jest.advanceTimersByTimeAsync(2_000);
      shaky.isHung = false;
      await jest.advanceTimersByTimeAsync(1_000);
    }
    expect(shaky.ended).toEqual([]);
  });

  it('ends another one only when the last is ready again, and if it still gives no answer', async () => {
    const all = watched(3) as [Watched, Watched, Watched];
    for (const each of all) each.isHung = true;
    await jest.advanceTimersByTimeAsync(6_100);
    expect(all.map(({ ended }) => ended.length)).toEqual([1, 0, 0]);
    all[0].recover();
    all[1].isHung = false;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(all.map(({ ended }) => ended.length)).toEqual([1, 0, 1]);
  });

  it('does not wait for ever for a replica that does not get ready again', async () => {
    const all = watched(2) as [Watched, Watched];
    for (const each of all) each.isHung = true;
    await jest.advanceTimersByTimeAsync(3_100);
    expect(all.map(({ ended }) => ended.length)).toEqual([1, 0]);
    await jest.advanceTimersByTimeAsync(11_000);
    expect(all.map(({ ended }) => ended.length)).toEqual([1, 1]);
  });

  it('probes only what is ready', async () => {
    const [starting] = watched(1) as [Watched];
    Object.assign(starting, { isHung: true, state: 'starting' });
    await jest.advanceTimersByTimeAsync(10_000);
    expect(starting.ended).toEqual([]);
  });

  it('takes nothing from a probe that ended far too late: this process itself was stopped', async () => {
    const [process] = watched(1) as [Watched];
    Object.assign(process, { isHung: true, probeMs: 2_500 });
    await jest.advanceTimersByTimeAsync(30_000);
    expect(process.ended).toEqual([]);
  });

  it('ends nothing once it is closed', async () => {
    const [hung] = watched(1) as [Watched];
    hung.isHung = true;
    await jest.advanceTimersByTimeAsync(2_500);
    watch.close();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(hung.ended).toEqual([]);
  });
});
