import type { Logger } from 'pino';
import { isDebugged, type WorkerProcess } from './worker-process.ts';

/** Time between two rounds of probes, and for an answer, in ms. */
const everyMs = 2_000;
/** Probes in a row without an answer, after which a worker is killed. */
const mostFailures = 3;

/**
 * Probes the workers, and kills one that hangs, to be started again: the probe of an orchestrator reaches the supervisor alone. At most one
 * in a round: on a slow machine all look hung.
 *
 * @returns a function that ends it
 */
export function watchLiveness(workers: () => readonly WorkerProcess[], logger: Logger): () => void {
  // A debugger that has stopped a worker looks as if the worker hung.
  if (isDebugged()) return () => {};
  const failures = new WeakMap<WorkerProcess, number>();
  const probe = async (worker: WorkerProcess) => {
    const isAlive = await answers(worker);
    failures.set(worker, isAlive ? 0 : (failures.get(worker) ?? 0) + 1);
  };
  const round = async () => {
    await Promise.all(workers().map(probe));
    const hung = workers().find((worker) => (failures.get(worker) ?? 0) >= mostFailures);
    if (!hung) return;
    logger.error({ worker: hung.pid }, `a worker gave no answer to ${mostFailures} probes in a row: it is killed`);
    hung.kill();
  };
  let isProbing = false;
  const timer = setInterval(async () => {
    if (isProbing) return;
    isProbing = true;
    await round();
    isProbing = false;
  }, everyMs);
  return () => clearInterval(timer);
}

async function answers(worker: WorkerProcess): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(everyMs);
    const reply = await worker.request({ method: 'GET', path: '/livez', headers: { host: 'localhost' }, signal });
    reply.resume();
    return true;
  } catch {
    return false;
  }
}
