import { AttemptsLeft } from '@parley/contract';
import { type Attempt, callOf, type SendAttempt } from '../layer.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';

/** How ejected endpoints are asked whether they are well again. */
export type ActiveProbeOptions = Pick<UpstreamOptions, 'probePath' | 'probeIntervalMs' | 'attemptTimeoutMs' | 'clock'>;

/** What a probe asks. */
export interface ProbeTarget {
  /** Address of the endpoint. */
  readonly address: string;
  /** Goes before `probePath`, as before the path of every request. */
  readonly basePath: string;
}

/**
 * Asks an ejected endpoint again and again whether it is well, so that no caller's request has to find out.
 * 2xx lets it in at once; anything else, and no answer in time, keeps it out. Keeps no process alive.
 *
 * Scope: endpoint.
 */
export class ActiveProbe {
  readonly #options: Current<ActiveProbeOptions>;
  readonly #target: ProbeTarget;
  readonly #send: SendAttempt;
  readonly #onPassed: () => void;
  /** Ends the probe that is pending; none without one. */
  #pending: AbortController | undefined;
  #cancelNext = () => {};
  #isClosed = false;

  /** @param send bounded in time, and around the circuit */
  constructor(target: ProbeTarget, options: Current<ActiveProbeOptions>, send: SendAttempt, onPassed: () => void) {
    this.#target = target;
    this.#options = options;
    this.#send = send;
    this.#onPassed = onPassed;
  }

  /** The endpoint was ejected and has not passed yet. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** The endpoint was ejected. */
  start(): void {
    if (this.#options.current.probePath === undefined || this.#pending || this.#isClosed) return;
    this.#pending = new AbortController();
    this.#askSoon(this.#pending);
  }

  /** An operator decides whether the endpoint is let in: the probe that is pending ends without a result. */
  stop(): void {
    this.#cancelNext();
    this.#pending?.abort();
    this.#pending = undefined;
  }

  /** Ends the probe that is pending, and starts none after this. */
  close(): void {
    this.#isClosed = true;
    this.stop();
  }

  #askSoon(pending: AbortController): void {
    const { clock, probeIntervalMs } = this.#options.current;
    this.#cancelNext = clock.after(probeIntervalMs, () => void this.#ask(pending), true);
  }

  async #ask(pending: AbortController): Promise<void> {
    const { probePath } = this.#options.current;
    const hasPassed = probePath === undefined || (await this.#isWell(probePath, pending.signal));
    if (pending.signal.aborted) return;
    if (!hasPassed) return this.#askSoon(pending);
    this.#pending = undefined;
    this.#onPassed();
  }

  async #isWell(path: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { status } = await this.#send(this.#attempt(path, signal));
      return status >= 200 && status < 300;
    } catch {
      return false;
    }
  }

  /** A call of its own: one attempt, with nothing left for services below. */
  #attempt(path: string, signal: AbortSignal): Attempt {
    const { clock, attemptTimeoutMs } = this.#options.current;
    const { address, basePath } = this.#target;
    const request = { label: `GET ${path}`, method: 'GET', path, headers: {}, safety: 'safe' } as const;
    return {
      call: callOf(request, attemptTimeoutMs, clock, basePath),
      number: 1,
      mayRetry: false,
      attemptsLeft: new AttemptsLeft(0),
      wasRefused: false,
      isHedge: false,
      signal,
      endpoint: address,
      isPanic: false,
      headers: request.headers,
    };
  }
}
