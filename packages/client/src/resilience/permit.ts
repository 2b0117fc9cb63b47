import type { CallError } from '@parley/contract';

/** How an attempt ended, as the endpoint's circuit sees it. */
export type Ending = 'success' | 'failure' | 'nothing';

/** Leave to make one attempt. One of its methods must be called once, when the attempt has ended. */
export class Permit {
  readonly #onEnd: (permit: Permit, ending: Ending, error?: CallError) => void;
  /** Which state of the circuit the attempt began in. */
  readonly generation: number;
  /** It helps to find out whether the endpoint works again. */
  readonly isProbe: boolean;
  /** When the attempt began, where that is of interest. */
  readonly startedAtMs: number | undefined;

  constructor(
    onEnd: (permit: Permit, ending: Ending, error?: CallError) => void,
    generation: number,
    isProbe: boolean,
    startedAtMs: number | undefined,
  ) {
    this.#onEnd = onEnd;
    this.generation = generation;
    this.isProbe = isProbe;
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

  /** Nothing can be said of the endpoint. */
  release(): void {
    this.#onEnd(this, 'nothing');
  }
}
