import type { Call } from './contender.ts';

/** What one round of one contender gave. */
export interface Measurement {
  readonly calls: number;
  readonly perSecond: number;
  /** User and system time of the whole client process, garbage collection included. */
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const mostSamples = 200_000;

/** Calls repeatedly, with a number of calls in flight, for a duration. */
export async function measure(call: Call, inFlight: number, ms: number): Promise<Measurement> {
  const durations = new Float64Array(mostSamples);
  let calls = 0;
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const endsAt = startedAt + ms;
  const worker = async () => {
    for (let now = performance.now(); now < endsAt; ) {
      const reply = await call();
      if (typeof (reply as { message?: unknown }).message !== 'string') throw new Error('not the reply');
      const end = performance.now();
      durations[calls++ % mostSamples] = end - now;
      now = end;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const { user, system } = process.cpuUsage(cpu);
  const tookMs = performance.now() - startedAt;
  const sorted = durations.subarray(0, Math.min(calls, mostSamples)).sort();
  const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return {
    calls,
    perSecond: (calls / tookMs) * 1000,
    cpuMicros: (user + system) / calls,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}
