/** Methods by event name, each with one parameter; all may be missing. */
type Listener<L> = { readonly [E in keyof L]?: ((payload: never) => void) | undefined };

type Payload<L extends Listener<L>, E extends keyof L> = Parameters<NonNullable<L[E]>>[0];

/** Tells listeners what happens: for metrics, traces and logs. A listener that throws or rejects harms nothing else. */
export class Emitter<L extends Listener<L>> {
  readonly #warn: (error: unknown) => void;
  readonly #listeners = new Set<L>();

  /** @param warn gets what a listener throws or rejects with. A parameter, since a browser has no `process.emitWarning` */
  constructor(warn: (error: unknown) => void) {
    this.#warn = warn;
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
}
