import type { ByteRange } from '@parley/contract';
import { namesTag } from './entity-tag.ts';

/** What a request asks for of a content: a part, one that is not there, or (undefined) the whole. */
export type AskedRange = ByteRange | 'unsatisfiable' | undefined;

/** First byte, last byte; without the first, the last number of bytes. Longer numbers are no length of anything. */
const oneRange = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * Reads the header `Range` for a content of `size` bytes. Anything but one range of bytes counts as absent: several parts
 * cost more than they save. RFC 9110 §14.2.
 */
export function askedRange(header: string | undefined, size: number): AskedRange {
  const [matched, first = '', last = ''] = oneRange.exec(header?.replace(/\s/g, '') ?? '') ?? [];
  if (matched === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}

/**
 * Whether `If-Range` lets a range count: there is none, or it names this very version. A date never does, since contents
 * have none here. RFC 9110 §13.1.5.
 */
export function isRangeCurrent(ifRange: string | undefined, tag: string | undefined): boolean {
  if (ifRange === undefined) return true;
  return tag !== undefined && ifRange.startsWith('"') && namesTag(ifRange, tag, 'strong');
}
