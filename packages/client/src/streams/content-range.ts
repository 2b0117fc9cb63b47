import type { ContentRange } from '@parley/contract';

/** The part of a content that a reply holds, by its `Content-Range`; undefined where it holds all of it. RFC 9110 §14.4. */
export function rangeOf(header: string | undefined): ContentRange | undefined {
  const [matched, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header ?? '') ?? [];
  if (matched === undefined) return undefined;
  return { start: Number(start), end: Number(end), total: total === '*' ? undefined : Number(total) };
}
