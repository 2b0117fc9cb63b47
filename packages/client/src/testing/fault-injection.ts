import type { Fault, Faults } from './faults.ts';

/** Which attempts faults are for. Default: all of them. */
export interface FaultScope<Name extends string = string> {
  /** Attempts at this operation only. */
  readonly operation?: Name;
  /** Attempts at this replica only: 1 for the first. */
  readonly replica?: number;
}

interface Injected {
  readonly faults: Iterator<Fault>;
  readonly scope: FaultScope;
}

/**
 * Says what becomes of each attempt. Of several faults for the same attempt the last injected one counts.
 *
 * Scope: upstream.
 */
export class FaultInjection {
  #injected: readonly Injected[] = [];

  /** The returned function ends it. */
  inject(faults: Faults, scope: FaultScope): () => void {
    const injected = { faults: faults[Symbol.iterator](), scope };
    this.#injected = [injected, ...this.#injected];
    return () => {
      this.#injected = this.#injected.filter((other) => other !== injected);
    };
  }

  /** What becomes of the attempt that begins now; none where it is answered as ever. */
  next(operation: string | undefined, replica: number): Fault | undefined {
    for (const { faults, scope } of this.#injected) {
      if (scope.operation !== undefined && scope.operation !== operation) continue;
      if (scope.replica !== undefined && scope.replica !== replica) continue;
      const { done, value } = faults.next();
      if (!done) return value;
    }
    return undefined;
  }
}
