import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningService, startService } from '../running-service.ts';

/** Replicas of one service that are killed again and again. */
export interface ReplicasUnderFire {
  /** Where a replica listens now; it may be dead already. */
  url(n: number): string;
  /** How many times one was killed. */
  killed(): number;
  /** Stops killing, and waits until all are there again. */
  ceaseFire(): Promise<void>;
  stop(): Promise<void>;
}

/** How they are killed. */
export interface Fire {
  readonly replicas: number;
  readonly environment: Record<string, string>;
  /** A number from 0 to 1, another one each time. */
  readonly random: () => number;
  /** So long at most between one that is there again and the next that is killed. */
  readonly longestPauseMs: number;
}

/** Starts replicas, kills one of them with SIGKILL at a random time, starts it again, and so on. */
export async function startUnderFire(service: string, fire: Fire): Promise<ReplicasUnderFire> {
  const start = () => startService(service, fire.environment);
  const running: RunningService[] = await Promise.all(Array.from({ length: fire.replicas }, start));
  let isOver = false;
  let killed = 0;

  const shooting = async () => {
    for (;;) {
      await pause(fire.random() * fire.longestPauseMs);
      if (isOver) return;
      const n = Math.floor(fire.random() * running.length);
      const { process } = running[n] as RunningService;
      process.kill('SIGKILL');
      await once(process, 'exit');
      killed++;
      running[n] = await start();
    }
  };
  const shots = shooting();

  return {
    url: (n) => (running[n % running.length] as RunningService).url,
    killed: () => killed,
    async ceaseFire() {
      isOver = true;
      await shots;
    },
    async stop() {
      isOver = true;
      await shots;
      await Promise.all(running.map((replica) => replica.stop()));
    },
  };
}
