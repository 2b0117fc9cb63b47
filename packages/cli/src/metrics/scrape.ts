import { now } from '@parley/contract';
import { boundedReply } from '../text/bounded-reply.ts';
import { readSamples } from './exposition.ts';
import { type ReplicaSample, replicaSample } from './replica-sample.ts';

/** Why an operators' port gave no answer. */
export type Silence = 'refused' | 'timeout';

const timeoutMs = 900;
/** Of one page of metrics, in bytes. */
const maxPageBytes = 64 * 1024 * 1024;

/**
 * Reads the metrics of a replica; says why where it does not answer within 900 ms. A page of more than 64 MiB counts as refused, and so
 * does a redirect: nobody has named its address.
 */
export async function scrape(
  operators: string,
  nowMs: () => number = now,
  signal?: AbortSignal,
  maxBytes: number = maxPageBytes,
): Promise<ReplicaSample | Silence> {
  try {
    const response = await fetch(new URL('/metrics', operators), {
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]),
    });
    const page = await boundedReply(response, maxBytes);
    return response.ok && page !== undefined ? replicaSample(readSamples(page), nowMs()) : 'refused';
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? 'timeout' : 'refused';
  }
}
