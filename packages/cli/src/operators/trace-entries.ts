import type { Recent } from './recent.ts';

/** One call or request of a trace, and what it is part of. */
export type TraceEntry = Recent & {
  /** Since the first entry began, in ms. */
  readonly atMs: number;
  /** How many entries it is part of, as far as they are known. */
  readonly depth: number;
};

/** Clocks of two machines may differ by this much, in ms; the times of one by the second number. */
const [skewMs, roundingMs] = [50, 5];

interface Timed {
  readonly one: Recent;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The entries of a trace in their order in time, each below what it is part of: a call below the request that made it, a
 * request below the call of its service. Parents are found by replica, service and time, since what replicas remember has no span ids.
 */
export function traceEntries(recent: readonly Recent[]): readonly TraceEntry[] {
  const timed = recent.map((one): Timed => {
    const startMs = Date.parse(one.startedAt);
    return { one, startMs, endMs: startMs + one.durationMs };
  });
  const parents = parentsOf(timed);
  const roots = byTime(timed.filter((entry) => parents.get(entry) === undefined));
  const firstMs = Math.min(...timed.map(({ startMs }) => startMs));
  const below = (parent: Timed, depth: number): TraceEntry[] => [
    { ...parent.one, atMs: parent.startMs - firstMs, depth },
    ...byTime(timed.filter((entry) => parents.get(entry) === parent)).flatMap((child) => below(child, depth + 1)),
  ];
  return roots.flatMap((root) => below(root, 0));
}

function byTime(entries: readonly Timed[]): readonly Timed[] {
  return entries.toSorted((one, other) => one.startMs - other.startMs);
}

/**
 * A call is below the request of its replica with its request id, a request below the call of its service at that time. Replicas
 * remember no span ids: of two equal calls at the same time a request may be below the other one.
 */
function parentsOf(all: readonly Timed[]): ReadonlyMap<Timed, Timed> {
  const parents = new Map<Timed, Timed>();
  // A service that calls itself: each of two could be the parent of the other.
  const isBelow = (entry: Timed | undefined, other: Timed): boolean =>
    entry !== undefined && (entry === other || isBelow(parents.get(entry), other));
  for (const entry of byTime(all)) {
    const candidates = all.filter((other) => mayMake(other, entry) && !isBelow(other, entry));
    const [shortest] = candidates.toSorted((one, other) => one.one.durationMs - other.one.durationMs);
    if (shortest) parents.set(entry, shortest);
  }
  return parents;
}

function mayMake(parent: Timed, child: Timed): boolean {
  const [maker, made] = [parent.one, child.one];
  if (made.kind === 'request') {
    return maker.kind === 'call' && maker.upstream === made.service && isDuring(child, parent, skewMs);
  }
  if (maker.kind !== 'request' || maker.replica !== made.replica || !isDuring(child, parent, roundingMs)) return false;
  return made.requestId === undefined || maker.requestId === made.requestId;
}

/** By its start: where the caller gives up, what it has called goes on. */
function isDuring(child: Timed, parent: Timed, toleranceMs: number): boolean {
  return parent.startMs - toleranceMs <= child.startMs && child.startMs <= parent.endMs + toleranceMs;
}
