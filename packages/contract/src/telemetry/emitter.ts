/** Methods by event name, each with one parameter; all may be missing. */
type Listener<L> = { readonly [E in keyof L]?: ((payload: never) => void) | undefined };

type Payload<L extends Listener<L>, E extends keyof L> = Parameters<NonNullable<L[E]>>[0];

/** Tells listeners what happens: for metrics, traces and logs. A listener that throws or rejects is warned about, and harms nothing else. */
export class Emitter<L extends Listener<L>> {
  readonly #warning: string;
  readonly #listeners = new Set<L>();

  /** @param warning name of the process' warning about a listener that fails */
  constructor(warning: string) {
    this.#warning = warning;
  }

  /** Adds a listener; the returned function takes it away. */
  subscribe(listener: L): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells all listeners. */
  emit<E extends keyof L>(event: E, payload: Payload<L, E>): void {
    for (const listener of this.#listeners) {
      try {
        const result: unknown = (listener[event] as ((payload: unknown) => unknown) | undefined)?.call(
          listener,
          payload,
        );
        if (result instanceof Promise) result.catch(this.#warn); // unhandled, it would end the process
      } catch (error) {
        this.#warn(error);
      }
    }
  }

  readonly #warn = (error: unknown): void => {
    process.emitWarning(error instanceof Error ? error : String(error), this.#warning);
  };
}
