/** A part of a content in bytes, both ends included, as `createReadStream` and HTTP count. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a request asks for of a content: a part, one that is not there, or (undefined) the whole. */
export type AskedRange = ByteRange | 'unsatisfiable' | undefined;

/**
 * First byte, last byte; without the first, the last number of bytes. Longer numbers are no length of anything. White space around `=` is forgiven, but
 * none within numbers.
 */
const oneRange = /^\s*bytes\s*=\s*(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))\s*$/;

/** Whether the header `Range` asks for one part, in bytes. */
export function isSingleRange(header: string): boolean {
  return oneRange.test(header);
}

/**
 * Reads the header `Range` for a content of `size` bytes: `bytes=0-9`, `bytes=5-` or `bytes=-5`. Anything but one range of bytes
 * counts as absent: several parts cost more than they save. RFC 9110 §14.2.
 */
export function askedRange(header: string | undefined, size: number): AskedRange {
  const [matched, first, last, suffix] = oneRange.exec(header ?? '') ?? [];
  if (matched === undefined) return undefined;
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== undefined && Number(last) < start) return undefined;
  const end = last === undefined ? size - 1 : Math.min(Number(last), size - 1);
  return start >= size ? 'unsatisfiable' : { start, end };
}
