/** The longest that a timer of Node waits, in ms. It takes a longer time for 1 ms. */
export const longestTimerMs = 2_147_483_647;

/**
 * Expects a time that a timer can wait, in ms.
 *
 * @param name of the option, for the error
 * @throws TypeError where it is no number, not above 0, or more than {@link longestTimerMs}
 */
export function expectTimerMs(name: string, ms: unknown): void {
  // For callers without types: '5' is larger than 0 too.
  if (typeof ms === 'number' && ms > 0 && ms <= longestTimerMs) return;
  throw new TypeError(`${name} must be from 1 to ${longestTimerMs}, not ${ms}`);
}
