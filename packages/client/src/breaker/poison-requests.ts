import { hash } from 'node:crypto';
import type { CallError } from '@parley/contract';
import type { Attempt, Call } from '../layer.ts';
import type { Clock } from '../time/clock.ts';
import type { RequestBody } from '../transport/body-source.ts';
import type { Permit } from './failure-detector.ts';

const rememberedMs = 10_000;
const maxRemembered = 1_000;

interface Poison {
  readonly code: string;
  readonly untilMs: number;
}

/**
 * Keeps a request that fails wherever it is sent from being taken for an outage: such a request is poison.
 * It opens no circuit, costs no retry budget, and for 10 s is not tried again.
 *
 * A reply that blames the endpoint, to a call that may try elsewhere, is a withheld failure until it is known what is
 * at fault. The endpoint: when another one answers the request well; when the call ends and failed nowhere else; when
 * the endpoint's next request, another one, fails too. The request: when it fails the same way at two endpoints, and
 * an endpoint answers its next request well. So the breaker sees a real outage, where the next request fails too, one
 * failure later.
 *
 * Connection failures and timeouts are never withheld: they blame the endpoint at once.
 *
 * Retry calls `isPoison` and `ended`; the breaker's attribution calls `isPoison`, `answered` and `failuresOf`.
 *
 * Scope: upstream.
 */
export class PoisonRequests {
  readonly #refund: () => void;
  readonly #clock: Clock;
  /** Of calls that are under way. */
  readonly #failures = new Map<Call, CallFailures>();
  /** By fingerprint, the oldest first. */
  readonly #poison = new Map<string, Poison>();

  /** @param refund gives one retry back to the budget */
  constructor(refund: () => void, clock: Clock) {
    this.#refund = refund;
    this.#clock = clock;
  }

  /** Whether the request failed with this code at every endpoint, at most 10 s ago: another attempt would fail too. */
  isPoison(call: Call, code: string): boolean {
    if (this.#poison.size === 0) return false;
    const key = fingerprint(call);
    const known = this.#poison.get(key);
    if (!known) return false;
    if (known.untilMs > this.#clock.now()) return known.code === code;
    this.#poison.delete(key);
    return false;
  }

  /**
   * The call's failures so far, if they had the same code as this one. None where the call ends here and failed
   * nowhere else: there is nothing to wait for.
   */
  failuresOf({ call, mayRetry }: Attempt, { code }: CallError): CallFailures | undefined {
    const before = this.#failures.get(call);
    if (before?.code === code) return before;
    before?.blameEndpoints();
    if (!mayRetry) return undefined;
    const failures = new CallFailures(code, this.#refund, () => this.#remember(call, code));
    this.#failures.set(call, failures);
    return failures;
  }

  /** The request was answered well: where it failed, the endpoint is at fault. */
  answered(call: Call): void {
    if (this.#failures.size > 0) this.#failures.get(call)?.blameEndpoints();
    if (this.#poison.size > 0) this.#poison.delete(fingerprint(call));
  }

  /** The call has ended, no matter how. */
  ended(call: Call): void {
    if (this.#failures.size === 0) return;
    const failures = this.#failures.get(call);
    if (!failures) return;
    this.#failures.delete(call);
    if (!failures.isShared) failures.blameEndpoints();
  }

  #remember(call: Call, code: string): void {
    const key = fingerprint(call);
    this.#poison.delete(key);
    this.#poison.set(key, { code, untilMs: this.#clock.now() + rememberedMs });
    if (this.#poison.size <= maxRemembered) return;
    const [oldest] = this.#poison.keys();
    if (oldest !== undefined) this.#poison.delete(oldest);
  }
}

/** An endpoint that may be at fault for a failure. */
export interface FaultReceiver {
  /** It is at fault. */
  blamed(permit: Permit, error: CallError): void;
}

/** A failure that does not count yet, neither against the endpoint nor against the request. */
export interface WithheldFailure {
  readonly endpoint: FaultReceiver;
  readonly failures: CallFailures;
  readonly permit: Permit;
  readonly error: CallError;
  readonly fingerprint: string;
  /** It was a retry or a hedge: the retry budget paid for it. */
  readonly isRetry: boolean;
}

/**
 * The failures of one call with the same code, while it is open whether the endpoints or the request are at fault.
 *
 * Scope: call.
 */
export class CallFailures {
  readonly code: string;
  readonly #refund: () => void;
  readonly #onPoison: () => void;
  readonly #endpoints = new Set<FaultReceiver>();
  readonly #open = new Set<WithheldFailure>();
  readonly #excused = new Set<WithheldFailure>();

  constructor(code: string, refund: () => void, onPoison: () => void) {
    this.code = code;
    this.#refund = refund;
    this.#onPoison = onPoison;
  }

  /** The request failed at more than one endpoint. */
  get isShared(): boolean {
    return this.#endpoints.size > 1;
  }

  /** The request failed once more. */
  add(failure: WithheldFailure): void {
    this.#endpoints.add(failure.endpoint);
    this.#open.add(failure);
    this.#judge();
  }

  /** The endpoint has answered another request well since. */
  excuse(failure: WithheldFailure): void {
    if (!this.#open.delete(failure)) return;
    this.#excused.add(failure);
    this.#judge();
  }

  /** The endpoint has failed another request too. */
  blame(failure: WithheldFailure): void {
    const isUndecided = this.#open.delete(failure) || this.#excused.delete(failure);
    if (isUndecided) failure.endpoint.blamed(failure.permit, failure.error);
  }

  /** The endpoints are at fault, all of them. */
  blameEndpoints(): void {
    for (const failure of [...this.#open, ...this.#excused]) this.blame(failure);
    this.#endpoints.clear();
  }

  #judge(): void {
    if (!this.isShared || this.#excused.size === 0) return;
    for (const { permit, isRetry } of this.#excused) {
      permit.release();
      if (isRetry) this.#refund();
    }
    this.#excused.clear();
    this.#onPoison();
  }
}

const maxReadable = 512;
const maxOfBody = 256;

/**
 * Identifies a request by method, path and query, and by the length and the beginning of its body: reading all of a
 * large body would cost too much. Headers don't count.
 */
export function fingerprint({ label, path, body }: Call): string {
  const asked = path.length <= maxReadable ? path : hash('sha1', path);
  return `${label} ${asked}${body === undefined ? '' : beginning(body)}`;
}

function beginning(body: RequestBody): string {
  if (typeof body === 'string') return ` ${body.length} ${body.slice(0, maxOfBody)}`;
  if (!(body instanceof Uint8Array)) return ''; // a stream: read once only, when it is sent
  return ` ${body.length} ${Buffer.from(body.subarray(0, maxOfBody)).toString('latin1')}`;
}
