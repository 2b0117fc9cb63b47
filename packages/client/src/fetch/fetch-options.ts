import type { Contract } from '@parley/contract';
import type { ClientOptions } from '../call/operation-options.ts';
import { definedMembers } from '../options/defined-members.ts';
import { type Clock, systemClock } from '../time/clock.ts';

/** Headers by name. */
export type FetchHeaders = Readonly<Record<string, string>>;

/** What a client over `fetch` may be given. Times are in ms. */
export interface FetchClientOptions<C extends Contract = Contract> extends ClientOptions<C> {
  /** Where the service is, with what comes before the contract's paths: `https://api.example.com/shop`. On a page also a path: `/`. */
  readonly baseUrl: string | URL;
  /** Sends a request. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Headers of each call, or a function that gives them, asked once per call: a token, for example. Those of the contract come first. */
  readonly headers?: FetchHeaders | (() => FetchHeaders | Promise<FetchHeaders>);
  /** Whether a browser sends cookies. `include` needs `cors: { credentials: true }` in the service. Default: what the runtime does, `same-origin` in browsers. */
  readonly credentials?: 'omit' | 'same-origin' | 'include' | undefined;
  /** The whole call, all attempts and waits together. Default 10,000. */
  readonly callTimeoutMs?: number;
  /** One attempt that another may follow; at most half of the time that the call has left. Default 5,000. */
  readonly attemptTimeoutMs?: number;
  /** Attempts of a call, the first one included. Default 3. */
  readonly maxAttempts?: number;
  /** Upper bound of the first wait, doubled with each attempt; the wait is random below it. Default 100. */
  readonly backoffBaseMs?: number;
  /** Upper bound of any wait between attempts. Default 2,000. */
  readonly backoffMaxMs?: number;
  /** Extra attempts that each call pays for. Default 0.2. */
  readonly retryBudgetRatio?: number;
  /** Extra attempts a second that are always allowed, so that a quiet page can retry too. Default 2. */
  readonly retryBudgetPerSecond?: number;
  /** Time to the first item of a stream, all attempts and waits together. Default 10,000. */
  readonly firstItemTimeoutMs?: number;
  /** Longest silence of a stream after that: neither an item nor a heartbeat. Of bytes: the longest wait for the next ones, and for somebody who reads them. Default 30,000. */
  readonly idleTimeoutMs?: number;
  /** A larger item of a stream, in bytes of JSON, is an `invalid_reply`. Default 1 MiB. */
  readonly maxItemBytes?: number;
  /** The time, for tests. */
  readonly clock?: Clock;
  /** Gives numbers in [0, 1) for the backoff, for tests. Default `Math.random`. */
  readonly random?: () => number;
}

type Optional = Omit<Required<FetchClientOptions>, 'baseUrl' | 'operations' | 'headers'>;

/** The options with what holds where none is given. */
export interface FetchSettings extends Optional {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly headers: NonNullable<FetchClientOptions['headers']>;
}

const hour = 3_600_000;

/** Default, least and most. */
const numbers = {
  callTimeoutMs: [10_000, 1, hour],
  attemptTimeoutMs: [5_000, 1, hour],
  maxAttempts: [3, 1, 10],
  backoffBaseMs: [100, 0, 60_000],
  backoffMaxMs: [2_000, 0, 600_000],
  retryBudgetRatio: [0.2, 0, 1],
  retryBudgetPerSecond: [2, 0, 10_000],
  firstItemTimeoutMs: [10_000, 1, hour],
  idleTimeoutMs: [30_000, 1, hour],
  maxItemBytes: [1024 * 1024, 1, 2 ** 31],
} as const;

const others = {
  // Looked up at each request: what replaces it later, such as a mock, counts.
  fetch: (...given) => globalThis.fetch(...given),
  headers: {},
  // Sent only where it is given: some edge runtimes refuse a request that has it.
  credentials: undefined,
  clock: systemClock,
  random: Math.random,
} satisfies Partial<FetchSettings>;

/**
 * Checks the options and fills in the defaults. An option that is `undefined` is none.
 *
 * @throws TypeError that names the option, what was expected and what came
 */
export function fetchSettings<C extends Contract>(given: FetchClientOptions<C>): FetchSettings {
  const { baseUrl, operations: _, ...options }: Readonly<Record<string, unknown>> = { ...definedMembers(given) };
  const standards: Record<string, unknown> = { ...others };
  for (const [name, [standard, min, max]] of Object.entries(numbers)) {
    standards[name] = standard;
    const { [name]: value = standard } = options;
    if (typeof value === 'number' && value >= min && value <= max) continue;
    throw new TypeError(`${name} must be a number from ${min} to ${max}, not ${String(value)}`);
  }
  const stray = Object.keys(options).find((name) => !Object.hasOwn(standards, name));
  if (stray !== undefined) {
    const known = Object.keys(standards).join(', ');
    throw new TypeError(`unknown option ${stray}: expected one of baseUrl, operations, ${known}`);
  }
  return { ...standards, ...options, baseUrl: base(baseUrl) } as unknown as FetchSettings;
}

/** The address of the page, if there is one. */
const pageUrl = () => (globalThis as { location?: { href: string } }).location?.href;

function base(given: unknown): string {
  const text = String(given);
  const url = URL.canParse(text, pageUrl()) ? new URL(text, pageUrl()) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username && !url.password) {
    return url.href.replace(/\/+$/, '');
  }
  throw new TypeError(
    'baseUrl must be an http or https URL without user, query and fragment, such as https://api.example.com',
  );
}
