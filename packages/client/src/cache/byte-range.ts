/** A part of a body, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const single = /^bytes=(\d{1,15})?-(\d{1,15})?$/;

/** Whether `Range` asks for one part, in bytes. */
export function isSingleRange(field: string): boolean {
  return single.test(field.trim());
}

/**
 * The part of a body that `Range` asks for: `bytes=0-9`, `bytes=5-` or `bytes=-5`. Undefined for several parts, another unit, or a part that the body
 * does not have. RFC 9110 §14.1.2.
 *
 * @param length of the body, in bytes
 */
export function byteRange(field: string, length: number): ByteRange | undefined {
  const [, first, last] = single.exec(field.trim()) ?? [];
  if (first === undefined) {
    const size = Math.min(Number(last ?? 0), length);
    return size > 0 ? { start: length - size, end: length - 1 } : undefined;
  }
  const start = Number(first);
  const end = Math.min(last === undefined ? length - 1 : Number(last), length - 1);
  return start <= end && (last === undefined || start <= Number(last)) ? { start, end } : undefined;
}
