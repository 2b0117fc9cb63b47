import { afterEach, jest } from '@jest/globals';

let passedMs = 0;
let isStopped = false;
let spies: { mockRestore(): void }[] = [];
afterEach(() => {
  for (const spy of spies) spy.mockRestore();
  [passedMs, isStopped, spies] = [0, false, []];
});

/** Lets time pass at once, in ms, for what reads `performance.now()` or `Date.now()` until the test ends; timers stay. */
export function letTimePass(ms: number): void {
  passedMs += ms;
  watchClocks();
}

/**
 * Lets no time pass until the test ends but what {@link letTimePass} does, for what reads `performance.now()` or `Date.now()`:
 * a busy machine makes nothing late.
 */
export function stopTime(): void {
  isStopped = true;
  watchClocks();
}

function watchClocks(): void {
  if (spies.length > 0) return;
  spies = [performance, Date].map((clock) => {
    const real = clock.now.bind(clock);
    let lastMs = real();
    return jest.spyOn(clock, 'now').mockImplementation(() => {
      if (!isStopped) lastMs = real();
      return lastMs + passedMs;
    });
  });
}
