import { type ByteRange, contentRange } from '@parley/contract';
import type { Reply, ReplyHeaders } from '../transport/reply.ts';
import { freshenedFields } from './stored-fields.ts';

/** A part of a whole whose length is known, in bytes. */
export interface KnownRange extends ByteRange {
  readonly total: number;
}

/** One part of a resource, and the fields that it came with. */
export interface Part {
  readonly headers: ReplyHeaders;
  readonly bytes: Uint8Array;
  readonly range: KnownRange;
}

/**
 * The part that a 206 brings. Undefined where its fields and its bytes disagree, where it has several parts, and where it is or was encoded: a part of encoded
 * bytes is none of those here.
 */
export function partOf({ status, headers, body }: Pick<Reply, 'status' | 'headers' | 'body'>): Part | undefined {
  if (status !== 206 || !(body instanceof Uint8Array) || headers['content-encoding'] !== undefined) return undefined;
  if (/^\s*multipart\/byteranges/i.test(String(headers['content-type']))) return undefined;
  const range = knownRange(headers);
  const isConsistent = range?.end === (range?.start ?? 0) + body.length - 1;
  if (!range || !isConsistent || headers['content-length'] !== String(body.length)) return undefined;
  return { headers, bytes: body, range };
}

/** Which part of the whole a 206 has; undefined where it does not say how long the whole is. */
export function knownRange(headers: ReplyHeaders): KnownRange | undefined {
  const range = contentRange(headers['content-range']);
  return range?.total === undefined ? undefined : { ...range, total: range.total };
}

// RFC 9110 §8.8.3. A tag without quotes is none.
const strongTag = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/** The tag that stands for the same bytes wherever it is; undefined for a weak one, several ones, or none. */
export function strongTagOf({ etag }: ReplyHeaders): string | undefined {
  return typeof etag === 'string' && strongTag.test(etag) ? etag : undefined;
}

/**
 * Two parts as one, with the fields of the later reply. Undefined where they may be of two versions, or there is a gap between them: they must have the
 * same strong tag and length, and the same bytes where they overlap. RFC 9111 §3.4, RFC 9110 §15.3.7.3.
 */
export function combined(earlier: Part, later: Part): Part | undefined {
  const tag = strongTagOf(earlier.headers);
  if (tag === undefined || tag !== strongTagOf(later.headers)) return undefined;
  const [first, second] = earlier.range.start <= later.range.start ? [earlier, later] : [later, earlier];
  const { start, end, total } = first.range;
  if (total !== second.range.total || second.range.start > end + 1) return undefined;
  const [from, to] = [second.range.start - start, Math.min(end, second.range.end) + 1 - start];
  const overlap = first.bytes.subarray(from, to);
  if (Buffer.compare(overlap, second.bytes.subarray(0, overlap.length)) !== 0) return undefined;
  const rest = second.bytes.subarray(overlap.length);
  const bytes = Buffer.concat([first.bytes, rest]);
  const range = { start, end: start + bytes.length - 1, total };
  return { headers: partFields(freshenedFields(earlier.headers, later.headers), range), bytes, range };
}

/** Whether nothing is missing. */
export function isWhole({ range: { start, end, total } }: Part): boolean {
  return start === 0 && end === total - 1;
}

/** The fields of a reply that has the whole, from those of a part that has it. */
export function wholeFields({ headers, bytes }: Part): ReplyHeaders {
  const { 'content-range': _range, ...others } = withoutDigest(headers);
  return { ...others, 'content-length': String(bytes.length) };
}

/** The fields of a reply that has this part. */
export function partFields(headers: ReplyHeaders, { start, end, total }: KnownRange): ReplyHeaders {
  return {
    ...withoutDigest(headers),
    'content-length': String(end - start + 1),
    'content-range': `bytes ${start}-${end}/${total}`,
  };
}

/** A digest of the bytes of one reply is wrong for more or fewer of them. RFC 9530 §2. */
function withoutDigest(headers: ReplyHeaders): ReplyHeaders {
  const { 'content-digest': _digest, 'content-md5': _md5, ...others } = headers;
  return others;
}
