import type { ByteRange } from './byte-range.ts';

/** Which part of a whole a body is, both ends included. */
export interface ContentRange extends ByteRange {
  /** Of the whole, in bytes. */
  readonly length: number;
}

const single = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/;

/**
 * Reads `Content-Range`: `bytes 0-4/10`. Undefined where it contradicts itself, names another unit, or does not say how long the whole is. RFC 9110 §14.4.
 */
export function contentRange(field: string | readonly string[] | undefined): ContentRange | undefined {
  if (typeof field !== 'string') return undefined; // of several lines none counts
  const found = single.exec(field.trim());
  if (!found) return undefined;
  const [start, end, length] = found.slice(1).map(Number) as [number, number, number];
  return start <= end && end < length ? { start, end, length } : undefined;
}
