import { contenders } from './contenders/contenders.ts';

/** How the process of a contender stands. */
export interface ServerState {
  /** User and system time so far. */
  readonly cpuMicros: number;
  /** After a garbage collection, where that can be asked for. */
  readonly heapMb: number;
  readonly rssMb: number;
}

// One contender in a process of its own. It stops when its IPC channel ends.
const [name = ''] = process.argv.slice(2);
const listen = contenders[name];
if (!listen) throw new TypeError(`no contender ${name}`);
process.send?.(await listen());

process.on('message', (message: 'cpu' | 'memory') => {
  if (message === 'memory') globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { heapUsed, rss } = process.memoryUsage();
  process.send?.({ cpuMicros: user + system, heapMb: heapUsed / 2 ** 20, rssMb: rss / 2 ** 20 } satisfies ServerState);
});
process.on('disconnect', () => process.exit());
