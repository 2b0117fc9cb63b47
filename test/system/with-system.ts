import { afterAll, beforeAll, expect } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { has } from '../needs.ts';
import { isAlive, type RunningSystem, startSystem } from '../running-system.ts';

/** The gateways to test: nginx where it is installed, and the embedded one. */
export const gateways: readonly string[] = has('nginx') ? ['nginx', 'embedded'] : ['embedded'];

/** What `npm start` runs, for the tests of a block. */
export interface TestedSystem {
  /** Only within tests. */
  readonly running: RunningSystem;
  /** The newest process that serves a replica, or nginx; undefined while it is not ready, or dead. */
  pidOf(replica: string): number | undefined;
  /** Waits, 60 s at least, until a replica is served by a process other than `not`; returns its pid. */
  served(replica: string, not?: number): Promise<number>;
}

/** Runs `npm start` before the tests of a block, and stops it after them: it must end with code 0. */
export function withSystem(...args: string[]): TestedSystem {
  let running: RunningSystem | undefined;
  beforeAll(async () => {
    running = await startSystem(...args);
  }, 60_000);
  afterAll(async () => {
    if (running) expect(await running.stop()).toBe(0);
  }, 60_000);

  const system: TestedSystem = {
    get running() {
      if (!running) throw new Error('the system runs within tests only');
      return running;
    },
    pidOf(replica) {
      const line = system.running.lines.findLast((line) => line.replica === replica && line.state === 'ready');
      const pid = line?.pid as number | undefined;
      return pid !== undefined && isAlive(pid) ? pid : undefined;
    },
    served: (replica, not) =>
      eventually(() => {
        const pid = system.pidOf(replica);
        return pid !== not && pid;
      }, 6_000),
  };
  return system;
}
