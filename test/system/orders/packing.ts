import { setTimeout as wait } from 'node:timers/promises';

const places = 10;
const packingMs = 100;

/** What can be packed in a second, at most. */
export const packedPerSecond = (places * 1_000) / packingMs;

let free = places;
const queue: (() => void)[] = [];

/** Takes a place, first come first served, and keeps it while it packs, whether or not somebody still waits for it. */
export async function pack(): Promise<void> {
  if (free > 0) free--;
  else await new Promise<void>((resolve) => queue.push(resolve));
  await wait(packingMs);
  const next = queue.shift();
  if (next) next();
  else free++;
}
