import { nearestName } from '@parley/contract';

/** The end of a sentence about an unknown name: `; did you mean "hello"?`, or the names that there are. */
export function suggestion(typed: string, names: readonly string[]): string {
  const nearest = nearestName(typed, names);
  if (nearest !== undefined) return `; did you mean "${nearest}"?`;
  return names.length > 0 ? `; there is ${names.join(', ')}` : '';
}
