import { afterEach, jest } from '@jest/globals';

let passedMs = 0;
let spies: { mockRestore(): void }[] = [];
afterEach(() => {
  for (const spy of spies) spy.mockRestore();
  [passedMs, spies] = [0, []];
});

/** Lets time pass at once, in ms, for what reads `performance.now()` or `Date.now()` until the test ends; timers stay. */
export function letTimePass(ms: number): void {
  passedMs += ms;
  if (spies.length > 0) return;
  spies = [performance, Date].map((clock) => {
    const real = clock.now.bind(clock);
    return jest.spyOn(clock, 'now').mockImplementation(() => real() + passedMs);
  });
}

/** Lets no time pass until the test ends, for what reads `performance.now()`: a busy machine makes nothing late. */
export function stopTime(): void {
  spies.push(jest.spyOn(performance, 'now').mockReturnValue(performance.now()));
}
