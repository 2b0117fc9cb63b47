import { createUpstream } from '@parley/client';

// Prints how many bytes an idle endpoint holds. In a process of its own: the heap of a test's has other things, which come and go.
const urls = Array.from({ length: 2_000 }, (_, n) => `http://10.0.${n >> 8}.${n & 255}:8080`);

function heldBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

await createUpstream('many', urls).close(); // loads and compiles what is needed
const before = heldBytes();
const upstream = createUpstream('many', urls);
console.log((heldBytes() - before) / urls.length);
await upstream.close();
