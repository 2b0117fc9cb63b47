import { hostname } from 'node:os';
import { isObject } from '@parley/contract';
import { type Clock, systemClock } from '../time/clock.ts';
import { type CacheOptions, expectedCache } from './cache-options.ts';
import { checked, flag, forLife, inUnits, number, whole } from './option-spec.ts';
import type { RetryCheck } from './retry-check.ts';
import type { HttpVersion, TlsOptions } from './tls-options.ts';

const { POSITIVE_INFINITY: infinity } = Number;

const isLimit = (value: unknown) =>
  value === 'connections' ||
  value === 'adaptive' ||
  value === infinity ||
  (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100_000);

const isNoneOr = (isFine: (value: unknown) => boolean) => (value: unknown) => value === undefined || isFine(value);
const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isFunction = (value: unknown) => typeof value === 'function';
const typeOf = (value: unknown) => `a ${typeof value}`;

/**
 * Every option of an upstream: default, bounds and unit. Types, checks, `configure` and the table in the README come
 * from here. The comment of an option is its sentence in that table, and in the editors of its users.
 */
export const optionSpecs = {
  /** The whole call, all attempts and waits together; an earlier deadline of the caller counts. */
  callTimeoutMs: number(5_000, [1, 3_600_000], 'ms'),
  /** One attempt that another may follow, to the last byte of the reply; at most half of the time that the call has left, and all of that half where the call's own `timeoutMs` is above `callTimeoutMs`. A call or an operation may have its own. The last attempt, and a call that is sent once (`unsafe`, `maxAttempts: 1`), have all of that time. */
  attemptTimeoutMs: number(2_000, [1, 3_600_000], 'ms'),
  /** Attempts of a call, the first one included; 1 turns retries off, in services further down too. */
  maxAttempts: whole(3, [1, 10], 'attempts'),
  /** Upper bound of the first wait, doubled with each attempt; the wait is random below it. */
  backoffBaseMs: number(50, [0, 60_000], 'ms'),
  /** Upper bound of any wait between attempts. */
  backoffMaxMs: number(1_000, [0, 600_000], 'ms'),
  /** Replaces the check whether a failure is transient; see [An own retry check](#an-own-retry-check). */
  shouldRetry: checked<RetryCheck | undefined>(
    undefined,
    isNoneOr(isFunction),
    'a function from an outcome to true or false',
    typeOf,
  ),
  /** Extra attempts that each call pays for: 0.2 allows one retry in five calls. */
  retryBudgetRatio: number(0.2, [0, 1], 'per call'),
  /** Extra attempts that are always allowed, so that a quiet client can retry too. */
  retryBudgetPerSecond: number(10, [0, 10_000], 'per second'),
  /** Second copies of slow attempts, at most this share of attempts; 0: only calls with `hedge: true`, at 0.01. */
  hedgeRatio: number(0, [0, 0.5], 'share'),
  /** Sends identical safe calls that are under way at the same time once; see [Less at once](#less-at-once). */
  singleFlight: flag(false),
  /** Answers reads with stored replies, as their services allow; an object with its settings turns it on too; see [Cache](#cache). */
  cache: forLife<boolean | CacheOptions>(
    {
      standard: false,
      unit: '–',
      expected: expectedCache,
      show: (value) => (typeof value === 'object' ? 'this one' : String(value)),
    },
    'what is stored has been stored by it',
  ),
  /** Calls under way at once. `connections`: as many as there may be sockets, none where one may carry HTTP/2; `adaptive` finds the limit by latency, from 20 to 200. */
  concurrencyLimit: inUnits(
    checked<number | 'connections' | 'adaptive'>(
      'connections',
      isLimit,
      "a whole number from 1 to 100000, Infinity, 'connections' or 'adaptive'",
      String,
    ),
    'calls',
  ),
  /** Calls that may wait for a place within that limit, if they can expect one in time; 0 refuses at once. */
  maxQueue: whole(10_000, [0, 100_000], 'calls'),
  /** Attempts and failures of an endpoint are counted over this time. */
  circuitWindowMs: number(10_000, [1_000, 600_000], 'ms'),
  /** Fewer attempts in the window than this say nothing about an endpoint. */
  circuitMinCalls: whole(10, [1, 1_000_000], 'attempts'),
  // Below 1: opossum compares with `>`, so that 1 could never be reached.
  /** The circuit opens above this share of failures: the endpoint is ejected. */
  circuitFailureRatio: number(0.5, [0.01, 0.99], 'share'),
  /** Gateway failures in a row (502, 503, 504, no reply) that open the circuit whatever their share; failures at the same time count once. */
  circuitConsecutiveFailures: whole(5, [1, 1_000_000], 'attempts'),
  /** A reply that takes longer is slow; Infinity: none is. */
  circuitSlowCallMs: number(infinity, [1, infinity], 'ms'),
  /** The circuit opens above this share of slow replies. */
  circuitSlowRatio: number(0.8, [0.01, 0.99], 'share'),
  /** Time until an ejected endpoint gets probes; doubled each time that they fail, half of it random. */
  circuitOpenMs: number(1_000, [1, 600_000], 'ms'),
  /** Doubling ends here. */
  circuitMaxOpenMs: number(30_000, [1, 600_000], 'ms'),
  /** Attempts that a half-open circuit lets through: it closes when all succeed, and opens when one fails. */
  circuitProbes: whole(5, [1, 1_000], 'attempts'),
  /** Above this share of ejected endpoints all are used (panic); see [Balancing](#balancing). */
  maxEjectedRatio: number(0.5, [0, 1], 'share'),
  /** Time in which a new or readmitted endpoint grows from 10 % to all of its share; 0: at once. */
  slowStartMs: number(10_000, [0, 3_600_000], 'ms'),
  /** The caller's own zone: endpoints there come first. */
  zone: checked<string | undefined>(undefined, isNoneOr(isText), 'the name of a zone'),
  /** What endpoints are compared by: `latency` times requests under way, or `requests` under way alone. */
  balanceBy: checked<'latency' | 'requests'>(
    'latency',
    (value) => value === 'latency' || value === 'requests',
    "'latency' or 'requests'",
    String,
  ),
  // Off: sockets open on demand and a choice costs the same with 1000 endpoints. A subset is spread less evenly.
  /** Most endpoints that this client uses; other clients use others. */
  subsetSize: whole(infinity, [2, infinity], 'endpoints'),
  /** Decides which endpoints those are: give each process its own, and always the same. */
  clientId: checked<string>(`${hostname()}-${process.pid}`, isText, 'a text that no other process has'),
  /** Path that an ejected endpoint is asked for: 2xx readmits it, anything else keeps it out; it must be on the port that is called. */
  probePath: checked<string | undefined>(
    undefined,
    isNoneOr((value) => typeof value === 'string' && /^\/[!-~]*$/.test(value)),
    'a path like /healthz',
  ),
  /** Time between two of these probes. */
  probeIntervalMs: number(1_000, [10, 600_000], 'ms'),
  /** Opening a connection, TLS included. */
  connectTimeoutMs: number(1_000, [1, 60_000], 'ms'),
  /** Sockets per endpoint; more requests than that wait for one. */
  maxConnections: whole(64, [1, 10_000], 'sockets'),
  /** Sockets per endpoint that are opened when it appears, and kept, so that the first request need not wait. */
  minConnections: whole(0, [0, 10_000], 'sockets'),
  /** Closes a socket without a request after this time; keep it below the server's own limit (Node: 5 s; ours: 65 s). */
  idleConnectionMs: number(4_000, [1, 600_000], 'ms'),
  /** A socket gets no more requests after this time, ± 10 %; those under way finish. */
  maxConnectionAgeMs: number(300_000, [10, 86_400_000], 'ms'),
  /** A larger reply, compressed or decoded, is an `invalid_reply`; a streamed one has no limit of its own. */
  maxReplyBytes: whole(10 * 1024 * 1024, [1, 2 ** 31], 'bytes'),
  /** Asks for compressed replies; worth it where the wire is slow: 14 KiB of JSON cost both ends about 0.17 ms of CPU. */
  acceptCompressed: flag(false),
  /** Sends larger bodies as gzip, unless the endpoint has once refused one with 415. */
  compressRequestsAboveBytes: number(infinity, [0, infinity], 'bytes'),
  /** Time to the first item of a stream, all attempts and waits together. */
  firstItemTimeoutMs: number(5_000, [1, 3_600_000], 'ms'),
  /** Longest silence of a stream after that: neither an item nor a heartbeat. Of bytes: the longest wait for the next ones, and for somebody who reads them. */
  idleTimeoutMs: number(30_000, [1, 3_600_000], 'ms'),
  /** A larger item of a stream, in bytes of JSON, is an `invalid_reply`. */
  maxItemBytes: whole(1024 * 1024, [1, 2 ** 31], 'bytes'),
  /** Longest time between two look-ups of a name, ± 10 %; a shorter TTL counts, down to 1 s. */
  dnsRefreshMs: number(5_000, [100, 3_600_000], 'ms'),
  /** `auto`: HTTP/2 where the server agrees to it over TLS; `1.1`; `2`: without TLS known beforehand (h2c). */
  http: forLife(
    checked<HttpVersion>(
      'auto',
      (value) => ['auto', '1.1', '2'].includes(value as string),
      "'auto', '1.1' or '2'",
      String,
    ),
    'the connections that are open speak the version that they began with',
  ),
  /** Certificates and trusted CAs for `https://` endpoints; without it the CAs that Node knows are trusted. */
  tls: forLife(
    checked<TlsOptions | undefined>(
      undefined,
      isNoneOr(isObject),
      'an object with ca, cert, key, serverName or spiffeId',
      typeOf,
    ),
    'the connections that are open have proved themselves by it; certificates in files are followed without a change',
  ),
  /** Gives the bearer token of this process, asked at each call; see [Tokens](#tokens). */
  token: checked<(() => string | Promise<string>) | undefined>(
    undefined,
    isNoneOr(isFunction),
    'a function that gives one',
    typeOf,
  ),
  /** Where layers get the time from; for tests. */
  clock: forLife(checked<Clock>(systemClock, isObject, 'a clock', typeOf), 'timers that run would be lost'),
  /** Gives numbers in [0, 1) for backoff and balancer; for tests. */
  random: forLife(
    checked<() => number>(Math.random, isFunction, 'a function that gives numbers in [0, 1)', typeOf),
    'a sequence of numbers is not to be interrupted',
  ),
};
