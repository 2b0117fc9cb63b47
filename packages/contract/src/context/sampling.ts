/**
 * Decides whether the spans of a trace are recorded.
 *
 * @param isParentSampled the decision of the parent; undefined at the root of a trace
 */
export type HeadSampler = (traceId: string, isParentSampled: boolean | undefined) => boolean;

let sampler: HeadSampler | undefined;

/** Has all traces of this process sampled by `next`. Without one each goes on as its parent says, and new ones are sampled. */
export function sampleBy(next: HeadSampler | undefined): void {
  sampler = next;
}

/** Whether a span of this trace is sampled. */
export function isSampledBy(traceId: string, isParentSampled: boolean | undefined): boolean {
  return sampler ? sampler(traceId, isParentSampled) : (isParentSampled ?? true);
}
