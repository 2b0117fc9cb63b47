import { afterEach } from '@jest/globals';

const closeables: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const closeable of closeables.splice(0).reverse()) await closeable.close();
});

/** Closes these things after the test, the last one first. */
export function closeAfterTest(...things: readonly { close(): Promise<void> }[]): void {
  closeables.push(...things);
}
