import type { FinishedSpan } from '../spans/finished-span.ts';

/** How much is held for traces that are not sampled. */
export interface TailLimits {
  /** Spans that wait for the end of their request or call, all together. Default 4096, about 2 MiB. */
  readonly maxHeldSpans?: number;
  /** Traces that are kept in one second; more are dropped, so that an outage is no flood for the collector. Default 100. */
  readonly maxKeptPerSecond?: number;
}

/** Traces whose late spans are still recognized: an attempt that lost to its hedge ends after its call. */
const maxRemembered = 1000;

/**
 * Decides on the spans of this process at the end of their request or call. Sampled spans are exported at once. Those that are
 * not sampled wait, and are exported if one of them failed or was slow. The oldest are dropped where too many wait.
 */
export class TailSampling {
  readonly #export: (span: FinishedSpan) => void;
  readonly #nowMs: () => number;
  readonly #maxHeldSpans: number;
  readonly #maxKeptPerSecond: number;
  /** By the id of the span that ends last, oldest first. */
  readonly #held = new Map<string, FinishedSpan[]>();
  #heldCount = 0;
  readonly #kept = new Set<string>();
  #secondStartMs = 0;
  #keptInSecond = 0;

  constructor(
    exportSpan: (span: FinishedSpan) => void,
    nowMs: () => number,
    { maxHeldSpans = 4096, maxKeptPerSecond = 100 }: TailLimits = {},
  ) {
    this.#export = exportSpan;
    this.#nowMs = nowMs;
    this.#maxHeldSpans = maxHeldSpans;
    this.#maxKeptPerSecond = maxKeptPerSecond;
  }

  /** Spans that wait now. */
  get heldSpans(): number {
    return this.#heldCount;
  }

  /** A span has ended. */
  ended(span: FinishedSpan): void {
    const { isSampled, localRootId, spanId } = span.place;
    if (isSampled || this.#kept.has(localRootId)) this.#export(span);
    else if (span.isWorthKeeping && this.#mayKeep()) this.#keep(localRootId, span);
    else if (spanId === localRootId) this.#take(localRootId);
    else this.#hold(localRootId, span);
  }

  #keep(localRootId: string, span: FinishedSpan): void {
    for (const held of this.#take(localRootId)) this.#export(held);
    this.#export(span);
    this.#kept.add(localRootId);
    if (this.#kept.size > maxRemembered) this.#kept.delete(first(this.#kept) as string);
  }

  #hold(localRootId: string, span: FinishedSpan): void {
    const known = this.#held.get(localRootId);
    if (known) known.push(span);
    else this.#held.set(localRootId, [span]);
    this.#heldCount++;
    while (this.#heldCount > this.#maxHeldSpans) this.#take(first(this.#held.keys()) as string);
  }

  #take(localRootId: string): readonly FinishedSpan[] {
    const spans = this.#held.get(localRootId) ?? [];
    this.#held.delete(localRootId);
    this.#heldCount -= spans.length;
    return spans;
  }

  #mayKeep(): boolean {
    const nowMs = this.#nowMs();
    if (nowMs - this.#secondStartMs >= 1000) {
      this.#secondStartMs = nowMs;
      this.#keptInSecond = 0;
    }
    this.#keptInSecond++;
    return this.#keptInSecond <= this.#maxKeptPerSecond;
  }
}

function first<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}
