/** Methods by event name, each with one parameter; all may be missing. `wantsSpans` is no event. */
type Listener<L> = {
  readonly [E in keyof L]?: (E extends 'wantsSpans' ? boolean : (payload: never) => void) | undefined;
};

type EventOf<L> = Exclude<keyof L, 'wantsSpans'>;
type Payload<L extends Listener<L>, E extends EventOf<L>> =
  NonNullable<L[E]> extends (payload: infer P) => void ? P : never;

/** Tells listeners what happens: for metrics, traces and logs. A listener that throws or rejects harms nothing else. */
export class Emitter<L extends Listener<L>> {
  readonly #warn: (error: unknown) => void;
  readonly #listeners = new Set<L>();
  #wantsSpans = false;

  /** @param warn gets what a listener throws or rejects with. A parameter, since a browser has no `process.emitWarning` */
  constructor(warn: (error: unknown) => void) {
    this.#warn = warn;
  }

  /** Adds a listener; the returned function takes it away. */
  subscribe(listener: L): () => void {
    this.#listeners.add(listener);
    this.#look();
    return () => {
      this.#listeners.delete(listener);
      this.#look();
    };
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  /** A listener makes spans: events must have a `span`. */
  get wantsSpans(): boolean {
    return this.#wantsSpans;
  }

  /** Tells all listeners. */
  emit<E extends EventOf<L>>(event: E, payload: Payload<L, E>): void {
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

  #look(): void {
    this.#wantsSpans = [...this.#listeners].some((listener: { readonly wantsSpans?: unknown }) => listener.wantsSpans);
  }
}
