import type { Operation, Safety } from './operation.ts';

const safeties: readonly Safety[] = ['safe', 'idempotent', 'keyed', 'unsafe'];

/** Finds what is wrong with an operation's safety, as the end of a sentence. Undefined if its method can have it. */
export function safetyFault({ method, safety }: Operation): string | undefined {
  if (!safeties.includes(safety)) return `has safety ${JSON.stringify(safety)}: use one of ${safeties.join(', ')}`;
  if (safety !== 'keyed' || method === 'POST' || method === 'PATCH') return undefined;
  const instead = method === 'GET' ? 'safe: leave safety out' : 'idempotent: leave safety out';
  return `is a keyed ${method}: an Idempotency-Key is for POST and PATCH. A ${method} can be sent twice by itself, as ${instead}`;
}
