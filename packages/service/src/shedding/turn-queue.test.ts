import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { TurnQueue } from './turn-queue.ts';

/** Turns of the event loop until all that waits has begun; gives how many it took. */
async function turnsOf(queue: TurnQueue, eachTurn: () => void = () => {}): Promise<number> {
  let turns = 0;
  for (; queue.isWaiting; turns++) {
    eachTurn();
    await turn();
  }
  return turns;
}

describe('a queue of turns', () => {
  it('lets callers begin by turns, each in the order in which its requests came', async () => {
    const queue = new TurnQueue(() => 0);
    const begun: string[] = [];
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.add(name.charAt(0), () => begun.push(name));
    await turnsOf(queue);
    expect(begun).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('lets few begin in a turn where they take long, and many where they do not', async () => {
    const counts = [10, 0.01].map(async (workMs) => {
      let nowMs = 0;
      const queue = new TurnQueue(() => nowMs);
      for (let n = 0; n < 200; n++) {
        queue.add('a', () => {
          nowMs += workMs;
        });
      }
      return turnsOf(queue);
    });
    const [long = 0, short = 0] = await Promise.all(counts);
    expect(long).toBeGreaterThan(200);
    expect(short).toBeLessThan(60);
  });

  it('waits for new requests after work, half as long as the work took at most', async () => {
    let nowMs = 0;
    const queue = new TurnQueue(() => nowMs);
    const begunMs: number[] = [];
    for (let n = 0; n < 3; n++) {
      queue.add('a', () => {
        begunMs.push(nowMs);
        nowMs += 10;
      });
    }
    await turnsOf(queue, () => {
      nowMs += 1;
      queue.arrive();
    });
    const gaps = begunMs.slice(1).map((at, n) => at - (begunMs[n] as number));
    for (const gap of gaps) {
      expect(gap).toBeGreaterThan(14);
      expect(gap).toBeLessThan(20);
    }
  });

  it('begins at once where nothing waits and nothing arrives', async () => {
    const queue = new TurnQueue(() => 0);
    let isBegun = false;
    queue.add('a', () => {
      isBegun = true;
    });
    await turn();
    expect(isBegun).toBe(true);
  });
});
