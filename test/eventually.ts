import { setTimeout as pause } from 'node:timers/promises';

const betweenLooksMs = 10;

/**
 * Looks again and again until there is something to see, and returns that: for what sockets, files and other processes
 * do in their own time. Bounded by looks, so a busy machine gets more time.
 *
 * @param look answers `undefined` or `false` as long as there is nothing
 * @param looks 10 ms or more apart; the default is at least 10 s
 * @throws Error after the last look
 */
export async function eventually<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  looks = 1_000,
): Promise<T> {
  for (let left = looks; left > 0; left--) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await pause(betweenLooksMs);
  }
  throw new Error(`nothing to see in ${looks} looks: ${look}`);
}

/** Returns what `read` returns once that has not changed for ten looks: what was on its way has arrived. */
export async function unchanging<T>(read: () => T): Promise<T> {
  let last = read();
  let same = 0;
  await eventually(() => {
    const value = read();
    same = Object.is(value, last) ? same + 1 : 0;
    last = value;
    return same === 10;
  });
  return last;
}
