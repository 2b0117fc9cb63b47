import { setTimeout as pause } from 'node:timers/promises';

/** Looks again and again until there is something to see; for what other processes do in their own time. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  patienceMs = 10_000,
): Promise<T> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > giveUpAt) throw new Error(`nothing to see in ${patienceMs} ms: ${look}`);
    await pause(50);
  }
}
