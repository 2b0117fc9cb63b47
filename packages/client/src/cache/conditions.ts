import { namesTag } from '@parley/contract';
import { httpDate } from './http-date.ts';

/** What a stored reply has to compare with. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

type Headers = Readonly<Record<string, string>>;

/** Whether a request asks for a reply only if it has changed. */
export function hasConditions(headers: Headers): boolean {
  return headers['if-none-match'] !== undefined || headers['if-modified-since'] !== undefined;
}

/** The same headers without such conditions. */
export function withoutConditions(headers: Headers): Headers {
  const { 'if-none-match': _tag, 'if-modified-since': _time, ...others } = headers;
  return others;
}

/** The conditions of a request that a cache answers itself. */
export interface Conditions {
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
}

/**
 * Whether a request with these conditions gets a 304 in place of the stored reply. `If-None-Match` comes first, and tags are compared without
 * their `W/`. A date is compared with `Last-Modified`, and in its absence with the time of the reply. RFC 9110 §13, RFC 9111 §4.3.2.
 *
 * @param storedMs when the reply was made, in ms since 1970
 */
export function isUnchanged(
  { ifNoneMatch, ifModifiedSince }: Conditions,
  { etag, lastModified }: Validators,
  storedMs: number,
): boolean {
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === '*') return true;
    return etag !== undefined && namesTag(ifNoneMatch, etag, 'weak');
  }
  const since = httpDate(ifModifiedSince, storedMs);
  if (since === undefined) return false;
  return (httpDate(lastModified, storedMs) ?? storedMs) <= since;
}
