import { ROOT_CONTEXT } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import type { HeadSampler } from '@parley/contract';
import type { SamplerName } from '../environment.ts';

/** The sampler that OpenTelemetry has below this name. `ratio`: the share of traces that a ratio samples, by their id. */
export function headSampler(name: SamplerName, ratio: number): HeadSampler {
  const sampled = rootSampler(name.replace('parentbased_', ''), ratio);
  if (!name.startsWith('parentbased_')) return sampled;
  return (traceId, isParentSampled) => isParentSampled ?? sampled(traceId);
}

function rootSampler(name: string, ratio: number): (traceId: string) => boolean {
  if (name === 'always_on') return () => true;
  if (name === 'always_off') return () => false;
  const sampler = new TraceIdRatioBasedSampler(ratio);
  return (traceId) => sampler.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
}
