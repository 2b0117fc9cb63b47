import type { SystemReplica } from '../systems/system.ts';

/**
 * Where a replica stands. `draining`: it gets no new requests. `starting`: its process is there and does not listen yet.
 * `hung`: it does not answer within 1 s. `down`: no process, or nobody listens. `unknown`: its operators' port is not reachable from here.
 */
export type ReplicaState = 'ready' | 'draining' | 'starting' | 'hung' | 'down' | 'unknown';

const timeoutMs = 1_000;

/** Asks a replica whether it is ready. Needs no token. */
export async function probe({ operators, isDead, pid }: SystemReplica): Promise<ReplicaState> {
  if (isDead) return 'down';
  if (operators === undefined) return 'unknown';
  try {
    // Not to another address: nobody has named that.
    const response = await fetch(new URL('/readyz', operators), {
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.ok ? 'ready' : 'draining';
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') return 'hung';
    return pid === undefined ? 'down' : 'starting';
  }
}
