import type { IncomingMessage } from 'node:http';
import {
  type AttemptLayer,
  type Call,
  type CreateUpstreamOptions,
  createUpstream,
  Reply,
  type Upstream,
} from '@parley/client';
import { CallError } from '@parley/contract';
import { AttemptFailure, ask, type Wire } from './attempt.ts';
import type { Refusal } from './refusal.ts';

/** As nginx: as many replicas may see a request that breaks them. */
const maxSeen = 2;
/** Between two rounds over replicas none of which could be reached, in ms. */
const roundPauseMs = 100;
const statusOf = { broken: 502, 'timed-out': 504 } as const;
const hourMs = 3_600_000;
const none: FailedAttempts = { seen: 0, refusal: { status: 503, cause: 'no_live_upstream' }, areLast: false };

/** Balancing and retries of the client, as `nginx/proxy.conf` and `nginx/upstreams.conf` have them. */
const asNginx: CreateUpstreamOptions = {
  // Tries to reach a replica. The pause between rounds is all the backoff there is.
  maxAttempts: 6,
  backoffBaseMs: 0,
  shouldRetry: ({ error }) => error !== undefined && !failedAttemptsOf(error).areLast,
  // Connection-level failures cost a replica nothing, and every request has its tries.
  retryBudgetRatio: 1,
  retryBudgetPerSecond: 10_000,
  concurrencyLimit: Number.POSITIVE_INFINITY,
  // An attempt has limits of its own, and a request as long as its client waits.
  callTimeoutMs: hourMs,
  attemptTimeoutMs: hourMs,
  // `least_conn`. By latency, a replica that has just started would get little, and the others too much.
  balanceBy: 'requests',
  // `max_fails=1 fail_timeout=1s`: left out for 1 to 2 s, half of it at random, unless all are.
  circuitConsecutiveFailures: 1,
  circuitOpenMs: 2_000,
  circuitMaxOpenMs: 2_000,
  circuitProbes: 1,
  maxEjectedRatio: 0.99,
  slowStartMs: 0,
};

/** The only replica is always asked: it may be back. */
const neverOut: CreateUpstreamOptions = { circuitConsecutiveFailures: 1_000_000, circuitMinCalls: 1_000_000 };

/** Why no replica has answered a request so far: the cause of the CallError of each failed attempt. */
interface FailedAttempts {
  /** How many replicas may have acted on the request. */
  readonly seen: number;
  readonly refusal: Refusal;
  /** No other replica may be asked. */
  readonly areLast: boolean;
}

/**
 * The replicas of one service as an upstream of `@parley/client`, which chooses among them and tries again. Its replies have status 200, whatever the
 * replica's own is, and that reply as their body: a gateway judges no status.
 *
 * @param addresses `host:port` of each; at least one
 */
export function openReplicas(service: string, addresses: readonly string[], wire: Wire): Upstream {
  return createUpstream(
    service,
    addresses.map((address) => `http://${address}`),
    {
      ...asNginx,
      ...(addresses.length === 1 && neverOut),
      layers: { attempt: [asking(wire, addresses.length)] },
    },
  );
}

/** Why a request had no answer. @param error what `send` of the upstream has rejected with */
export function refusalOfError(error: unknown): Refusal {
  if (!(error instanceof CallError)) throw error;
  return failedAttemptsOf(error).refusal;
}

/**
 * Answers each attempt over Node's HTTP, in place of the client's transport. That one reads the first byte of a body before it gives the head,
 * refuses a 100 that was not asked for, and uses a connection again after a 204 or 304, which may be followed by a false reply.
 */
function asking(wire: Wire, replicas: number): AttemptLayer {
  const failures = new WeakMap<Call, FailedAttempts>();
  return () =>
    async function asking({ call, endpoint, number, signal }) {
      try {
        const { method, path, headers } = call;
        const body = call.body as Uint8Array | undefined; // the gateway has read it whole
        const reply: IncomingMessage = await ask(wire, { method, path, headers, body }, endpoint, signal);
        return new Reply(200, reply.headers, reply, { operation: call.label, endpoint, attempts: number });
      } catch (error) {
        if (!(error instanceof AttemptFailure)) throw error;
        const cause = withFailure(failures.get(call) ?? none, error);
        failures.set(call, cause);
        const isUnprocessed = error.kind === 'unreached';
        throw new CallError('unavailable', error.message, {
          operation: call.label,
          endpoint,
          attempts: number,
          isUnprocessed,
          // A slow handler tells nothing of its replica.
          blamesEndpoint: error.kind !== 'timed-out',
          retryAfterMs: isUnprocessed && number % replicas === 0 ? roundPauseMs : undefined,
          cause,
        });
      }
    };
}

function withFailure({ seen, refusal }: FailedAttempts, { kind, gatewayCause }: AttemptFailure): FailedAttempts {
  if (kind === 'unreached') {
    const hasTimedOut = seen === 0 && refusal.cause === 'connect_timeout';
    return { seen, refusal: hasTimedOut ? refusal : { ...refusal, cause: gatewayCause }, areLast: false };
  }
  const areLast = kind === 'timed-out' || seen + 1 === maxSeen;
  return { seen: seen + 1, refusal: { status: statusOf[kind], cause: gatewayCause }, areLast };
}

function failedAttemptsOf({ cause }: CallError): FailedAttempts {
  // Another cause is the client's own: it has sent nothing.
  return typeof cause === 'object' && cause !== null && 'areLast' in cause ? (cause as FailedAttempts) : none;
}
