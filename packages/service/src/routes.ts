import type { Operation, Operations } from '@parley/contract';

/**
 * The operations with plain text before parameters, so that `/visits/latest` is not taken for
 * `/visits/{id}` whatever the order in the contract: the first that matches is taken.
 */
export function mostSpecificFirst(operations: Operations): [name: string, operation: Operation][] {
  const rank = ({ path }: Operation) => path.template.replace(/\{\w+\}/g, '\uffff');
  const ranked = Object.entries(operations).map((entry) => ({ entry, rank: rank(entry[1]) }));
  return ranked.sort((a, b) => Number(a.rank > b.rank) - Number(a.rank < b.rank)).map(({ entry }) => entry);
}
