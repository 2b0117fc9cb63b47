import type { ReplyHeaders } from '../transport/reply.ts';
import type { ReplyDirectives } from './directives.ts';
import { httpDate } from './http-date.ts';

/** When a reply was asked for and when it came, in ms since 1970. */
export interface Exchanged {
  readonly requestMs: number;
  readonly replyMs: number;
  /** When it came by the wall clock, which the dates in its fields go by. */
  readonly replyWallMs: number;
}

/** The first value of a field that has one. */
export function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/**
 * How long a reply stays fresh, in ms; 0 where it says nothing, or nothing that can be read. There are no heuristics: a service says how long its
 * replies hold. RFC 9111 §4.2.1.
 */
export function lifetimeMs(
  directives: ReplyDirectives,
  headers: ReplyHeaders,
  replyWallMs: number,
  isShared: boolean,
): number {
  const { maxAge, sharedMaxAge, noCache, isMalformed } = directives;
  if (noCache || isMalformed) return 0;
  const seconds = isShared && sharedMaxAge !== undefined ? sharedMaxAge : maxAge;
  if (seconds !== undefined) return seconds * 1000 || 0;
  const { expires, date } = headers;
  if (Array.isArray(expires)) return 0;
  const endMs = httpDate(expires, replyWallMs);
  if (endMs === undefined) return 0;
  return Math.max(0, endMs - (httpDate(single(date), replyWallMs) ?? replyWallMs));
}

/** Whether the reply says itself how long it is fresh. */
export function isExplicit(
  { maxAge, sharedMaxAge }: ReplyDirectives,
  headers: ReplyHeaders,
  isShared: boolean,
): boolean {
  return maxAge !== undefined || (isShared && sharedMaxAge !== undefined) || headers.expires !== undefined;
}

const mostSeconds = 2 ** 31;

/** How old a reply was when it came, in ms: by its `Age` and the time of the exchange, or by its `Date`, whichever is more. RFC 9111 §4.2.3. */
export function initialAgeMs(headers: ReplyHeaders, { requestMs, replyMs, replyWallMs }: Exchanged): number {
  const date = httpDate(single(headers.date), replyWallMs);
  const apparentMs = date === undefined ? 0 : Math.max(0, replyWallMs - date);
  return Math.max(apparentMs, ageSeconds(headers.age) * 1000 + (replyMs - requestMs));
}

/** `Age` in s: the first member of a list; 0 where it is no number (RFC 9111 §5.1). */
function ageSeconds(field: string | string[] | undefined): number {
  const first = single(field)?.split(',', 1)[0]?.trim() ?? '';
  return /^\d+$/.test(first) ? Math.min(Number(first), mostSeconds) : 0;
}
