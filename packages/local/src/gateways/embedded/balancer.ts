/** Chooses among the replicas of one service. */
export interface Balancer {
  /** The address with the fewest requests in flight; avoids addresses that failed lately, and those in `tried`. */
  choose(tried: ReadonlySet<string>): string | undefined;
  /** To be called when a request to that address is over. */
  release(address: string, hasFailed: boolean): void;
}

const ejectedForMs = 2_000;

/** Counts requests in flight and remembers failed replicas. Scope: one per service. */
export function createBalancer(addresses: readonly string[], now: () => number = Date.now): Balancer {
  const inFlight = new Map(addresses.map((address) => [address, 0]));
  const ejectedUntil = new Map<string, number>();
  let turn = 0;
  const count = (address: string, change: number) => inFlight.set(address, (inFlight.get(address) ?? 0) + change);
  return {
    choose(tried) {
      const untried = addresses.filter((address) => !tried.has(address));
      const sound = untried.filter((address) => (ejectedUntil.get(address) ?? 0) <= now());
      // All ejected: any of them may be back, so use them all.
      const candidates = sound.length > 0 ? sound : untried;
      const first = turn++ % Math.max(1, candidates.length);
      const inTurn = [...candidates.slice(first), ...candidates.slice(0, first)];
      const [chosen] = inTurn.sort((a, b) => (inFlight.get(a) ?? 0) - (inFlight.get(b) ?? 0));
      if (chosen) count(chosen, 1);
      return chosen;
    },
    release(address, hasFailed) {
      count(address, -1);
      if (hasFailed) ejectedUntil.set(address, now() + ejectedForMs);
      else ejectedUntil.delete(address);
    },
  };
}
