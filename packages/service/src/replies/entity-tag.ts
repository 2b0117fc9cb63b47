import { hash } from 'node:crypto';

/** One of a list: `"v1"`, `W/"v1"`. What is between quotes may hold commas. RFC 9110 §8.8.3. */
const tags = /(?:W\/)?"[^"]*"/g;
const mark = /--(?:br|gzip|deflate|zstd)"$/;

/**
 * Whether a condition (`If-Match`, `If-None-Match`) names a tag: in its list, or by `*`. Weak comparison takes `W/"v1"`
 * and `"v1"` for the same, strong takes no weak tag at all. RFC 9110 §8.8.3.2.
 */
export function namesTag(condition: string, tag: string, comparison: 'weak' | 'strong'): boolean {
  if (condition.trim() === '*') return true;
  const named: readonly string[] = condition.match(tags) ?? [];
  if (comparison === 'strong') return !tag.startsWith('W/') && named.includes(tag);
  const opaque = withoutWeakness(tag);
  return named.some((one) => withoutWeakness(one) === opaque);
}

function withoutWeakness(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

/**
 * The tag of an encoded body: `"v1"` → `"v1--br"`, since a strong tag promises the same bytes (RFC 9110 §8.8.3.3). Not
 * `W/"v1"`, which no `If-Match` would ever take. A weak tag holds for every encoding and stays.
 */
export function markTag(tag: string, coding: string): string {
  return tag.startsWith('"') && !mark.test(tag) ? `${tag.slice(0, -1)}--${coding}"` : tag;
}

/** A condition as it was before tags were marked: about the resource again, not about one encoding of it. */
export function unmarkTags(condition: string): string {
  return condition.replace(tags, (tag) => tag.replace(mark, '"'));
}

/** A weak tag for a body: changes with it. As Express', but for the hash, which is asked for in one call. */
export function weakTag(body: string | Buffer): string {
  return `W/"${body.length.toString(16)}-${hash('sha1', body, 'base64').slice(0, 27)}"`;
}

/** A strong tag of bytes: it promises that they are the same, so that parts fit together. */
export function strongTag(bytes: Uint8Array): string {
  return `"${bytes.length.toString(16)}-${hash('sha1', bytes, 'base64url').slice(0, 27)}"`;
}
