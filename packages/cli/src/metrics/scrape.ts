import { readSamples } from './exposition.ts';
import { type ReplicaSample, replicaSample } from './replica-sample.ts';

/** Why an operators' port gave no answer. */
export type Silence = 'refused' | 'timeout';

const timeoutMs = 900;

/** Reads the metrics of a replica; says why where it does not answer within 900 ms. */
export async function scrape(
  operators: string,
  now: () => number = Date.now,
  signal?: AbortSignal,
): Promise<ReplicaSample | Silence> {
  try {
    const response = await fetch(new URL('/metrics', operators), {
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]),
    });
    const page = await response.text();
    return response.ok ? replicaSample(readSamples(page), now()) : 'refused';
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? 'timeout' : 'refused';
  }
}
