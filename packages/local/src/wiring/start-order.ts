import { LocalError } from '../local-error.ts';

/** Something with a name that other things of its kind must come before. */
export interface Dependent {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

/** Puts what others depend on first, and otherwise keeps the order as it is. Names that are not among the items are passed over. */
export function startOrder<Item extends Dependent>(items: readonly Item[]): Item[] {
  const byName = new Map(items.map((item) => [item.name, item]));
  const ordered = new Set<Item>();
  const visit = (item: Item, path: readonly string[]): void => {
    if (path.includes(item.name)) {
      throw new LocalError(`compose file: depends_on goes in a circle: ${[...path, item.name].join(' → ')}`);
    }
    for (const name of item.dependsOn) {
      const dependency = byName.get(name);
      if (dependency && !ordered.has(dependency)) visit(dependency, [...path, item.name]);
    }
    ordered.add(item);
  };
  for (const item of items) visit(item, []);
  return [...ordered];
}
