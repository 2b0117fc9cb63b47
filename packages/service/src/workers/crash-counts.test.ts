import { expect, it } from '@jest/globals';
import { CrashCounts } from './crash-counts.ts';

const short = { livedMs: 500, wasReady: true };
const long = { livedMs: 3_600_000, wasReady: true };

it('counts the crashes in a row of each place', () => {
  const crashes = new CrashCounts();
  expect([crashes.note(0, short, 1_000), crashes.note(1, short, 1_100), crashes.note(0, short, 2_000)]).toEqual([
    1, 1, 2,
  ]);
});

it('begins again after a worker that lived long', () => {
  const crashes = new CrashCounts();
  crashes.note(0, short, 1_000);
  expect([crashes.note(0, long, 3_700_000), crashes.note(0, short, 3_701_000)]).toEqual([0, 1]);
});

it('begins again where a worker starts long after the last crash, as in a restart days later', () => {
  const crashes = new CrashCounts();
  for (let at = 1; at <= 4; at++) crashes.note(0, short, at * 1_000);
  expect(crashes.note(0, short, 86_400_000)).toBe(1);
});

it('counts a worker as crashed that was never ready, however long it lived', () => {
  const crashes = new CrashCounts();
  const hung = { livedMs: 60_000, wasReady: false };
  expect([60_000, 120_100, 180_300].map((at) => crashes.note(0, hung, at))).toEqual([1, 2, 3]);
});
