import type { Operation, Operations } from '@parley/contract';

/** An Express path for a path template: `/api/greetings/{language}` → `/api/greetings/:language`. */
export function expressPath({ path }: Operation): string {
  return path.template.replace(/\{(\w+)\}/g, ':$1');
}

/**
 * The operations with plain text before parameters, so that `/visits/latest` is not taken for
 * `/visits/{id}` whatever the order in the contract: Express takes the first route that matches.
 */
export function mostSpecificFirst(operations: Operations): [name: string, operation: Operation][] {
  const rank = ({ path }: Operation) => path.template.replace(/\{\w+\}/g, '\uffff');
  const ranked = Object.entries(operations).map((entry) => ({ entry, rank: rank(entry[1]) }));
  return ranked.sort((a, b) => Number(a.rank > b.rank) - Number(a.rank < b.rank)).map(({ entry }) => entry);
}
