import { type Growth, growth, quantileMs } from '../metrics/rates.ts';
import type { ReplicaSample } from '../metrics/replica-sample.ts';

/** How the new replicas are tried before the rest. */
export interface CanaryOptions {
  /** Of the replicas that serve meanwhile: 0.1 for one of ten. */
  readonly share: number;
  /** How long they are watched, in ms. */
  readonly watchMs: number;
}

/** What replicas of one kind did while they were watched. */
export interface CanarySide {
  readonly replicas: number;
  readonly requests: number;
  /** Answers from 500 on, of all: 0.01 is one of a hundred. */
  readonly errorShare: number;
  /** Undefined without a request. */
  readonly p99Ms: number | undefined;
}

/** How the new replicas compare. */
export interface CanaryReport {
  readonly before: CanarySide;
  readonly after: CanarySide;
  /** Why the new ones are not good enough: half a sentence. Undefined where they are. */
  readonly fault: string | undefined;
}

/** Of each replica at its place; undefined where it does not answer. */
type Samples = readonly (ReplicaSample | undefined)[];

/** The samples of replicas at one moment. */
export type TakeSamples = () => Promise<{ readonly before: Samples; readonly after: Samples }>;

/** With fewer requests nothing can be said. */
const leastRequests = 20;
const worseErrorShare = 0.01;
const slowerTimes = 2;
const slowerMs = 50;

/** The thresholds, for help and `docs/rollout.md`. */
export const canaryThresholds =
  `${leastRequests} requests at least, errors at most ${worseErrorShare * 100} percentage point above, ` +
  `p99 at most ${slowerTimes} × + ${slowerMs} ms`;

/** Watches new and old replicas for a time, by the metrics that their services count. */
export async function watchCanary(take: TakeSamples, watch: () => Promise<void>): Promise<CanaryReport> {
  const from = await take();
  await watch();
  const to = await take();
  const report = judge(grown(from.before, to.before), grown(from.after, to.after));
  const fault = changeOf(from.after, to.after) ?? report.fault;
  return { ...report, fault };
}

/** What makes the counts of new replicas worthless. Undefined where each was there all the time. */
function changeOf(from: Samples, to: Samples): string | undefined {
  if (to.includes(undefined)) return 'worse: it does not answer';
  // A process that crashed has lost its counts, of errors too.
  const isRestarted = from.some((sample, at) => sample && to[at]?.startedAtS !== sample.startedAtS);
  if (isRestarted) return 'worse: it was restarted meanwhile';
  return from.includes(undefined) ? 'not proven: it did not answer at first' : undefined;
}

function grown(from: Samples, to: Samples): readonly Growth[] {
  return to.flatMap((sample, at) => {
    const first = from[at];
    return first && sample ? [growth(first, sample)] : [];
  });
}

/** Compares what old and new replicas did. */
export function judge(old: readonly Growth[], created: readonly Growth[]): CanaryReport {
  const [before, after] = [sideOf(old), sideOf(created)];
  return { before, after, fault: faultOf(before, after) };
}

function faultOf(before: CanarySide, after: CanarySide): string | undefined {
  if (after.requests < leastRequests)
    return `not proven: ${after.requests} requests, expected ${leastRequests} or more; "--verify" sends some`;
  if (after.errorShare > before.errorShare + worseErrorShare) return 'worse: more errors than before';
  const limitMs = slowerTimes * (before.p99Ms ?? Number.POSITIVE_INFINITY) + slowerMs;
  return (after.p99Ms ?? 0) > limitMs ? 'worse: slower than before' : undefined;
}

function sideOf(all: readonly Growth[]): CanarySide {
  const requests = all.reduce((total, one) => total + one.requests, 0);
  const errors = all.reduce((total, one) => total + one.errors, 0);
  const buckets = new Map<number, number>();
  for (const one of all)
    for (const [bound, count] of one.buckets) buckets.set(bound, (buckets.get(bound) ?? 0) + count);
  const p99Ms = quantileMs(buckets, 0.99);
  return {
    replicas: all.length,
    requests,
    errorShare: requests === 0 ? 0 : errors / requests,
    p99Ms: p99Ms === undefined ? undefined : Math.round(p99Ms),
  };
}

/** Both sides in one line. */
export function canarySentence({ before, after, fault }: CanaryReport): string {
  const numbers = `new: ${shown(after)}; old: ${shown(before)}`;
  return fault === undefined ? `as good as before (${numbers})` : `${fault} (${numbers})`;
}

function shown({ replicas, requests, errorShare, p99Ms }: CanarySide): string {
  const errors = `${Math.round(errorShare * 1_000) / 10} % errors`;
  return `${requests} requests at ${replicas}, ${errors}, p99 ${p99Ms === undefined ? 'unknown' : `${p99Ms} ms`}`;
}
