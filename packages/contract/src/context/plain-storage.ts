/**
 * Keeps a context while its work runs, up to the first `await`: for browsers and workers, which have nothing that follows
 * asynchronous work. It stands in for `AsyncLocalStorage` by package.json's `imports`.
 */
export class ContextStorage<T> {
  #current: T | undefined;

  /** What {@link run} has been given, while it runs. */
  getStore(): T | undefined {
    return this.#current;
  }

  /** Runs `work` with `store` as the current one. */
  run<R>(store: T, work: () => R): R {
    const before = this.#current;
    this.#current = store;
    try {
      return work();
    } finally {
      this.#current = before;
    }
  }
}
