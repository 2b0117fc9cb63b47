import type { WorkerEnd } from './worker-process.ts';

/** A worker that ends sooner than this after its start, in ms, has crashed. */
export const shortLifeMs = 10_000;
/** A worker that starts later than this after the last crash of its place, in ms, begins a new row. */
const rowGapMs = 60_000;

/**
 * Counts the crashes in a row of each worker's place. A worker crashes that ends within 10 s of its start, or before it accepts requests.
 *
 * Scope: service.
 */
export class CrashCounts {
  readonly #rows = new Map<number, { readonly count: number; readonly lastMs: number }>();

  /**
   * Notes that a worker has ended.
   *
   * @param nowMs time in ms, on any clock that does not jump
   * @returns the crashes in a row of its place; 0 where the worker has not crashed
   */
  note(place: number, { livedMs, wasReady }: Omit<WorkerEnd, 'how'>, nowMs = performance.now()): number {
    const before = this.#rows.get(place);
    this.#rows.delete(place);
    if (wasReady && livedMs >= shortLifeMs) return 0;
    const isInRow = before !== undefined && nowMs - livedMs - before.lastMs <= rowGapMs;
    const count = isInRow ? before.count + 1 : 1;
    this.#rows.set(place, { count, lastMs: nowMs });
    return count;
  }
}
