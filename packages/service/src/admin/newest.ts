/** The newest of many: a full one drops its oldest. */
export interface Newest<Item> {
  add(item: Item): void;
  /** Newest first. */
  all(): readonly Item[];
}

/** Keeps the newest items, at most this many. */
export function newestOf<Item>(most: number): Newest<Item> {
  const items: Item[] = [];
  let next = 0;
  return {
    add(item) {
      items[next] = item;
      next = (next + 1) % most;
    },
    all: () => [...items.slice(next), ...items.slice(0, next)].reverse(),
  };
}
