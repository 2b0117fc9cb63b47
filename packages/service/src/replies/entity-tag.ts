import { hash } from 'node:crypto';
import { namesTag } from '@parley/contract';

/** What {@link markTag} adds, with the quote that ends a tag. A tag has no other quote within. */
const mark = /--(?:br|gzip|deflate|zstd)"/;
const marks = new RegExp(mark, 'g');

/**
 * The tag of an encoded body: `"v1"` → `"v1--br"`, since a strong tag promises the same bytes (RFC 9110 §8.8.3.3). Not
 * `W/"v1"`, which no `If-Match` would ever take. A weak tag holds for every encoding and stays.
 */
export function markTag(tag: string, coding: string): string {
  return tag.startsWith('"') && !mark.test(tag) ? `${tag.slice(0, -1)}--${coding}"` : tag;
}

/** A condition as it was before tags were marked: about the resource again, not about one encoding of it. */
export function unmarkTags(condition: string): string {
  return condition.replace(marks, '"');
}

/** A weak tag for a body: changes with it. As Express', but for the hash, which is asked for in one call. */
export function weakTag(body: string | Buffer): string {
  return `W/"${body.length.toString(16)}-${hash('sha1', body, 'base64').slice(0, 27)}"`;
}

/** A strong tag of bytes: it promises that they are the same, so that parts fit together. */
export function strongTag(bytes: Uint8Array): string {
  return `"${bytes.length.toString(16)}-${hash('sha1', bytes, 'base64url').slice(0, 27)}"`;
}

/**
 * Whether `If-Range` lets a range count: there is none, or it names this very version. A date never does, since contents
 * have none here. RFC 9110 §13.1.5.
 */
export function isRangeCurrent(ifRange: string | undefined, tag: string | undefined): boolean {
  if (ifRange === undefined) return true;
  return tag !== undefined && ifRange.startsWith('"') && namesTag(ifRange, tag, 'strong');
}
