import type { BodyLimits, Operation } from './operation.ts';
import { standardBodyLimits } from './standard-body-limits.ts';

const names = Object.keys(standardBodyLimits) as (keyof BodyLimits)[];

/** Finds what is wrong with an operation's `bodyLimits`, as the end of a sentence. Undefined if they are valid. */
export function bodyLimitsFault({ bodyLimits, method }: Operation): string | undefined {
  if (!bodyLimits) return undefined;
  if (method === 'GET' || method === 'DELETE') return `has bodyLimits, but ${method} has no body`;
  for (const name of names) {
    const limit = bodyLimits[name];
    if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 1)) continue;
    return `has bodyLimits with ${name} ${limit}: must be a whole number from 1`;
  }
  return undefined;
}
