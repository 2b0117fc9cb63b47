import type { ByteRange } from './byte-range.ts';

/** The part that a reply holds of a content, and the length of the whole in bytes, where it is known. */
export interface ContentRange extends ByteRange {
  readonly total: number | undefined;
}

/**
 * Reads the header `Content-Range`: `bytes 0-4/10`, `bytes 0-4/*`. Undefined where it contradicts itself, names another unit, or comes
 * several times. RFC 9110 §14.4.
 */
export function contentRange(header: unknown): ContentRange | undefined {
  const [, first, last, whole] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(`${header}`) ?? [];
  const start = Number(first);
  const end = Number(last);
  const total = whole === '*' ? undefined : Number(whole);
  // Without a match all are NaN, of which no comparison holds.
  return start <= end && end < (total ?? Infinity) ? { start, end, total } : undefined;
}
