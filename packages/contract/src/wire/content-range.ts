import type { ByteRange } from './byte-range.ts';

/** The part that a reply holds of a content, and the length of the whole in bytes, where it is known. */
export interface ContentRange extends ByteRange {
  readonly total: number | undefined;
}

const oneRange = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/;

/**
 * Reads the header `Content-Range`: `bytes 0-4/10`, `bytes 0-4/*`. Undefined where it contradicts itself, names another unit, or comes
 * several times. RFC 9110 §14.4.
 */
export function contentRange(header: unknown): ContentRange | undefined {
  if (typeof header !== 'string') return undefined;
  const [matched, first, last, whole] = oneRange.exec(header.trim()) ?? [];
  if (matched === undefined) return undefined;
  const [start, end] = [Number(first), Number(last)];
  const total = whole === '*' ? undefined : Number(whole);
  return start <= end && (total === undefined || end < total) ? { start, end, total } : undefined;
}
