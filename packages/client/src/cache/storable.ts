import type { Reply } from '../transport/reply.ts';
import { type ReplyDirectives, replyDirectives } from './directives.ts';
import { isExplicit } from './freshness.ts';

/** Statuses that `must-understand` may name, and that a cache may store without a lifetime of their own (RFC 9110 §15.1). */
const understood = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
const alsoUnderstood = new Set([302, 303, 307]);
/** They are parts of other replies, or stand for them: no reply to a GET without `Range`. */
const neverWhole = new Set([206, 304]);

/** Of the request, as far as it matters here. */
export interface StoredFor {
  /** It has `Authorization`, a cookie or a key: its answer may be for its caller alone. */
  readonly hasCredentials: boolean;
  readonly isShared: boolean;
  /** Nobody but its caller gets the stored reply. */
  readonly isForOne: boolean;
}

/** Whether a cache may store this reply to a GET. RFC 9111 §3 and §3.5. */
export function isStorable(
  { status, headers, origin }: Pick<Reply, 'status' | 'headers' | 'origin'>,
  { hasCredentials, isShared, isForOne }: StoredFor,
): boolean {
  if (status < 200 || neverWhole.has(status) || origin.redirected !== undefined) return false;
  const directives = replyDirectives(headers['cache-control']);
  if (directives.mustUnderstand ? !isUnderstood(status) : directives.noStore) return false;
  const setsCookie = headers['set-cookie'] !== undefined;
  if (isShared && !isForAll(directives, hasCredentials, setsCookie)) return false;
  // In a private cache too, callers without credentials are many: one must not get the session of another.
  if (!isForOne && setsCookie && !isDeclared(directives)) return false;
  return understood.has(status) || directives.isPublic || isExplicit(directives, headers, isShared);
}

function isUnderstood(status: number): boolean {
  return understood.has(status) || alsoUnderstood.has(status);
}

/** A field that cannot be read may say `private`. A reply that sets a cookie is somebody's, unless its service says that it is for all. */
function isForAll(directives: ReplyDirectives, hasCredentials: boolean, setsCookie: boolean): boolean {
  const { isPrivate, isMalformed, mustRevalidate } = directives;
  if (isPrivate || isMalformed) return false;
  return isDeclared(directives) || (!setsCookie && (!hasCredentials || mustRevalidate));
}

function isDeclared({ isPublic, sharedMaxAge }: ReplyDirectives): boolean {
  return isPublic || sharedMaxAge !== undefined;
}
