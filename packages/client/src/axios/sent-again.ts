import { type CallError, ownMembers } from '@parley/contract';
import type { InternalAxiosRequestConfig } from './axios.ts';

/** An upstream that is warned about at most once. */
export interface NamedUpstream {
  readonly name: string;
}

// axios copies members with a text as their name, and no others, when code above it sends a config again.
interface MarkedConfig {
  /** Attempts of the call that has failed with this config. */
  parleyAttempts?: number;
}

const warned = new WeakSet<NamedUpstream>();

/** Marks the config of a call that failed although the pipeline had retried it. */
export function markRetried(
  config: InternalAxiosRequestConfig,
  { attempts = 1, isTransient, status }: CallError,
): void {
  if (attempts > 1 && (isTransient || status === 500)) (config as MarkedConfig).parleyAttempts = attempts;
}

/** Warns, once per upstream, where code above the adapter sends a marked config again: axios-retry, or an interceptor. */
export function warnOfRetries(config: InternalAxiosRequestConfig, label: string, upstream: NamedUpstream): void {
  const { parleyAttempts } = ownMembers(config as MarkedConfig);
  if (parleyAttempts === undefined || warned.has(upstream)) return;
  warned.add(upstream);
  const message =
    `${label} was sent again after ${parleyAttempts} attempts of the upstream ${upstream.name}: attempts multiply. ` +
    'Remove axios-retry, or the interceptor that sends it, or open the upstream with maxAttempts: 1';
  process.emitWarning(message, 'ParleyRetryWarning');
}
