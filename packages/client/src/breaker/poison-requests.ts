import type { CallError } from '@parley/contract';
import type { Attempt, Call } from '../layer.ts';
import type { Clock } from '../time/clock.ts';
import { Reply } from '../transport/reply.ts';
import { fingerprint } from './fingerprint.ts';
import { Suspicion } from './suspicion.ts';

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
 * A reply that blames the endpoint, to a call that may try elsewhere, is held back as a suspicion until it
 * is known whom to blame. The endpoint: when another one answers the request well; when the call ends
 * having failed nowhere else; when the endpoint's next request, another one, fails too. The request: when
 * it fails the same way at two endpoints, and the endpoint's next request is answered well. So a real
 * outage, where the next request fails too, is seen one failure later, and not mistaken.
 *
 * Connection failures and timeouts are never held back: they blame the endpoint at once.
 *
 * Scope: upstream.
 */
export class PoisonRequests {
  readonly #refund: () => void;
  readonly #clock: Clock;
  /** Of calls that are under way. */
  readonly #suspicions = new Map<Call, Suspicion>();
  /** By fingerprint, the oldest first. */
  readonly #poison = new Map<string, Poison>();

  /** @param refund gives one retry back to the budget */
  constructor(refund: () => void, clock: Clock) {
    this.#refund = refund;
    this.#clock = clock;
  }

  /** Whether a call's failure is the request's own: another attempt would fail too. */
  isBlamed(call: Call, outcome: Reply | CallError): boolean {
    const code = outcome instanceof Reply ? outcome.error?.code : undefined;
    return code !== undefined && this.isPoison(call, code);
  }

  /** The request failed this way wherever it was sent to, a short time ago. */
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
   * The call's failures so far, where they were like this one; none where the call ends here and failed
   * nowhere else, so that there is nothing to wait for.
   */
  suspicionOf({ call, mayRetry }: Attempt, { code }: CallError): Suspicion | undefined {
    const before = this.#suspicions.get(call);
    if (before?.code === code) return before;
    before?.blameEndpoints();
    if (!mayRetry) return undefined;
    const suspicion = new Suspicion(code, this.#refund, () => this.#remember(call, code));
    this.#suspicions.set(call, suspicion);
    return suspicion;
  }

  /** The request was answered well: where it failed, the endpoint is to blame. */
  answered(call: Call): void {
    if (this.#suspicions.size > 0) this.#suspicions.get(call)?.blameEndpoints();
    if (this.#poison.size > 0) this.#poison.delete(fingerprint(call));
  }

  /** The call has ended, no matter how. */
  ended(call: Call): void {
    if (this.#suspicions.size === 0) return;
    const suspicion = this.#suspicions.get(call);
    if (!suspicion) return;
    this.#suspicions.delete(call);
    if (!suspicion.isShared) suspicion.blameEndpoints();
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
