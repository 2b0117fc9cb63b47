/**
 * An iterable whose `return` (a `break` too) ends what is under way at once, also while an item is being waited for: a
 * generator alone would come to it only after that. Nothing runs before the first item is asked for. Iterated once.
 */
export function closable<T>(items: (signal: AbortSignal) => AsyncGenerator<T, void>): AsyncIterableIterator<T, void> {
  const closing = new AbortController();
  const generator = items(closing.signal);
  return {
    async next() {
      try {
        return await generator.next();
      } catch (error) {
        if (closing.signal.aborted) return { done: true, value: undefined };
        throw error;
      }
    },
    async return() {
      closing.abort();
      return generator.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
