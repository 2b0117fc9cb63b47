import type { UndiciAdapterOptions } from '../axios/undici-adapter-options.ts';
import { type BalancingOptions, balancing } from '../balancing/balancing-options.ts';
import { type CircuitBreakerOptions, circuits } from '../breaker/circuit-breaker-options.ts';
import type { BearerTokenOptions } from '../call/bearer-token.ts';
import type { ConcurrencyLimitOptions } from '../call/call-queue.ts';
import type { DeadlineOptions } from '../call/deadline.ts';
import type { HedgeOptions } from '../call/hedge.ts';
import type { RetryOptions } from '../call/retry.ts';
import type { RetryBudgetOptions } from '../call/retry-budget.ts';
import type { SingleFlightOptions } from '../call/single-flight.ts';
import type { DiscoveryOptions } from '../discovery/refreshed.ts';
import type { AttemptTimeoutOptions } from '../endpoint/attempt-timeout.ts';
import type { StreamOptions } from '../streams/stream-options.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import type { ConnectionPoolOptions } from '../transport/connection-pool.ts';
import { atMost, limitOrAdaptive, trueOrFalse, within } from './option-checks.ts';
import type { TlsOptions } from './tls-options.ts';

/** Everything that can be said about how an upstream is called. Each part's own options say what its numbers mean. */
export interface UpstreamOptions
  extends DeadlineOptions,
    SingleFlightOptions,
    ConcurrencyLimitOptions,
    RetryOptions,
    RetryBudgetOptions,
    HedgeOptions,
    CircuitBreakerOptions,
    AttemptTimeoutOptions,
    ConnectionPoolOptions,
    Omit<UndiciAdapterOptions, 'poolOf'>,
    StreamOptions,
    BalancingOptions,
    DiscoveryOptions,
    BearerTokenOptions {
  /** For endpoints with `https://`; without it the CAs that Node knows are trusted. */
  readonly tls: TlsOptions | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What holds where nothing else is said. */
export const upstreamDefaults: UpstreamOptions = {
  callTimeoutMs: 5_000,
  attemptTimeoutMs: 2_000,
  maxAttempts: 3,
  backoffBaseMs: 50,
  backoffMaxMs: 1_000,
  retryBudgetRatio: 0.2,
  retryBudgetPerSecond: 10,
  hedgeRatio: 0,
  singleFlight: false,
  concurrencyLimit: Number.POSITIVE_INFINITY,
  maxQueue: 100,
  ...circuits.defaults,
  ...balancing.defaults,
  connectTimeoutMs: 1_000,
  maxConnections: 64,
  minConnections: 0,
  idleConnectionMs: 4_000,
  maxConnectionAgeMs: 300_000,
  maxReplyBytes: 10 * 1024 * 1024,
  acceptCompressed: false,
  compressRequestsAboveBytes: Number.POSITIVE_INFINITY,
  firstItemTimeoutMs: 5_000,
  idleTimeoutMs: 30_000,
  maxItemBytes: 1024 * 1024,
  dnsRefreshMs: 5_000,
  http: 'auto',
  tls: undefined,
  token: undefined,
  clock: systemClock,
  random: Math.random,
};

/** Smallest and largest value that makes sense, per number. */
const bounds: { readonly [Name in keyof UpstreamOptions]?: readonly [min: number, max: number] } = {
  callTimeoutMs: [1, 3_600_000],
  attemptTimeoutMs: [1, 3_600_000],
  maxAttempts: [1, 10],
  backoffBaseMs: [0, 60_000],
  backoffMaxMs: [0, 600_000],
  retryBudgetRatio: [0, 1],
  retryBudgetPerSecond: [0, 10_000],
  hedgeRatio: [0, 0.5],
  maxQueue: [0, 10_000],
  ...circuits.bounds,
  ...balancing.bounds,
  connectTimeoutMs: [1, 60_000],
  maxConnections: [1, 10_000],
  minConnections: [0, 10_000],
  idleConnectionMs: [1, 600_000],
  maxConnectionAgeMs: [10, 86_400_000],
  maxReplyBytes: [1, 2 ** 31],
  compressRequestsAboveBytes: [0, Number.POSITIVE_INFINITY],
  firstItemTimeoutMs: [1, 3_600_000],
  idleTimeoutMs: [1, 3_600_000],
  maxItemBytes: [1, 2 ** 31],
  dnsRefreshMs: [100, 3_600_000],
};

const whole = new Set([
  'maxAttempts',
  'maxQueue',
  'circuitMinCalls',
  'circuitConsecutiveFailures',
  'circuitProbes',
  'subsetSize',
  'maxConnections',
  'minConnections',
  'maxReplyBytes',
  'maxItemBytes',
]);

/**
 * Fills in the defaults and checks that the options make sense together.
 *
 * @throws TypeError that names the option, its bounds and what came; for two that contradict each other, both
 */
export function upstreamOptions(given: Partial<UpstreamOptions> = {}): UpstreamOptions {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(upstreamDefaults, name));
  if (unknown)
    throw new TypeError(`unknown option ${unknown}: expected one of ${Object.keys(upstreamDefaults).join(', ')}`);
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  const options: UpstreamOptions = { ...upstreamDefaults, ...Object.fromEntries(said) };
  for (const [name, fromTo] of Object.entries(bounds)) within(options, name, fromTo, whole.has(name));
  if (!['auto', '1.1', '2'].includes(options.http)) {
    throw new TypeError(`http must be 'auto', '1.1' or '2', not ${String(options.http)}`);
  }
  atMost(options, 'minConnections', 'maxConnections');
  atMost(options, 'backoffBaseMs', 'backoffMaxMs');
  atMost(options, 'circuitOpenMs', 'circuitMaxOpenMs');
  trueOrFalse(options, 'acceptCompressed');
  trueOrFalse(options, 'singleFlight');
  limitOrAdaptive(options, 'concurrencyLimit');
  balancing.expectTexts(options);
  if (options.token !== undefined && typeof options.token !== 'function') {
    throw new TypeError(`token must be a function that gives one, not a ${typeof options.token}`);
  }
  // A caller who only shortens the call means the attempts to fit.
  if (given.attemptTimeoutMs === undefined && options.attemptTimeoutMs > options.callTimeoutMs) {
    return { ...options, attemptTimeoutMs: options.callTimeoutMs };
  }
  atMost(options, 'attemptTimeoutMs', 'callTimeoutMs');
  return options;
}
