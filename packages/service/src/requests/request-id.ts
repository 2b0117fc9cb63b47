import { randomUUID } from 'node:crypto';

// Ids end up in logs and headers: no character that could break a line or a query.
const safeId = /^[A-Za-z0-9._-]{1,128}$/;

/** Returns the id that the client sent with its request if it is safe to repeat, otherwise a new one. */
export function requestIdOf(given: string | readonly string[] | undefined): string {
  return typeof given === 'string' && safeId.test(given) ? given : randomUUID();
}
