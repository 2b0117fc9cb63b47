import { CliError } from '../cli-error.ts';
import { suggestion } from '../text/suggestion.ts';
import type { AdminClient } from './operator.ts';

/** A code that an injected fault may answer with. */
export type AbortCode = NonNullable<Parameters<AdminClient['setFault']>[0]['abort']>;

/** Each code with its status. The first code of a status is the one that the status stands for. */
const statuses: Readonly<Record<AbortCode, number>> = {
  rejected: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  conflict: 409,
  rate_limited: 429,
  internal: 500,
  upstream_failed: 502,
  unavailable: 503,
  overloaded: 503,
  upstream_unavailable: 503,
  deadline_exceeded: 504,
  upstream_timeout: 504,
};

const codes = Object.keys(statuses) as AbortCode[];

/**
 * The code of `--abort`: an error code, or a status that stands for one.
 *
 * @throws CliError for what is none; it suggests a near one
 */
export function abortCode(text: string): AbortCode {
  const found = codes.find((code) => code === text || String(statuses[code]) === text);
  if (found) return found;
  const known = [...new Set(Object.values(statuses))].join(', ');
  const hint = /^\d/.test(text) ? `; there is ${known}` : suggestion(text, codes);
  throw new CliError('usage', `--abort: expected an error code or a status, got "${text}"${hint}`);
}
