import type { CallError } from '@parley/contract';

/** How an attempt ended, as the endpoint's circuit sees it. */
export type Ending = 'success' | 'failure' | 'held' | 'nothing';

/** That of attempts which say nothing. */
export const noGeneration = -1;

/** Leave to make one attempt. `succeed`, `fail` or `release` must be called once, when the attempt has ended. */
export class Permit {
  readonly #onEnd: (permit: Permit, ending: Ending, error?: CallError) => void;
  /** Which state of the circuit the attempt began in. */
  readonly generation: number;
  /** It helps to find out whether the endpoint works again. */
  readonly isProbe: boolean;
  /** The number of the endpoint's last failure when the attempt began. */
  readonly startedAfter: number;
  /** When the attempt began, where that is of interest. */
  readonly startedAtMs: number | undefined;
  /** Its own number among the endpoint's failures; 0 while it is none. */
  failedAs = 0;
  /** Called where the circuit opens by this attempt's failure. */
  onOpened: (() => void) | undefined = undefined;

  constructor(
    onEnd: (permit: Permit, ending: Ending, error?: CallError) => void,
    generation: number,
    isProbe: boolean,
    startedAfter: number,
    startedAtMs: number | undefined,
  ) {
    this.#onEnd = onEnd;
    this.generation = generation;
    this.isProbe = isProbe;
    this.startedAfter = startedAfter;
    this.startedAtMs = startedAtMs;
  }

  /** The endpoint answered. */
  succeed(): void {
    this.#onEnd(this, 'success');
  }

  /** The endpoint is to blame. A circuit that opens by it stays open for the error's `Retry-After` at least. */
  fail(error?: CallError): void {
    this.#onEnd(this, 'failure', error);
  }

  /** It failed, but whom to blame is not known yet; `fail` or `release` must follow. */
  hold(): void {
    this.#onEnd(this, 'held');
  }

  /** Nothing can be said of the endpoint. */
  release(): void {
    this.#onEnd(this, 'nothing');
  }
}
