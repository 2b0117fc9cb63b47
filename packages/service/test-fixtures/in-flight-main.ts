import { getHeapSpaceStatistics } from 'node:v8';
import { InFlight } from '../src/connections/in-flight.ts';

// Prints how much becomes old of 20 000 members of about 1 KiB, 50 of which are there at a time. In a process of its own:
// the heap of a test's has other things, which come and go.
interface Members {
  add(member: object): unknown;
  delete(member: object): unknown;
}

const some = () => ({ payload: Array.from({ length: 100 }, (_, index) => index + 0.5) });
const gc = globalThis.gc as (options?: { type: 'minor' }) => void;

function oldMb(): number {
  return (getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')?.space_used_size ?? 0) / 2 ** 20;
}

function promotedMb(members: Members): number {
  const present = Array.from({ length: 50 }, some);
  for (const member of present) members.add(member);
  gc();
  const beforeMb = oldMb();
  for (let n = 0; n < 20_000; n++) {
    const at = n % present.length;
    members.delete(present[at] as object);
    present[at] = some();
    members.add(present[at] as object);
    if (n % 500 === 0) gc({ type: 'minor' });
  }
  return oldMb() - beforeMb;
}

console.log(JSON.stringify({ set: promotedMb(new Set()), inFlight: promotedMb(new InFlight()) }));
