import type { Content, ContentRange } from './content.ts';
import { fileNameOf } from './disposition.ts';

/** What the headers of a reply say of its content. */
export type ContentDescription = Pick<Content, 'type' | 'size' | 'name' | 'etag' | 'range'>;

/** Reads what the headers of a reply say of its content. Names in lower case. */
export function contentDescription(headers: Readonly<Record<string, unknown>>): ContentDescription {
  const text = (name: string) => {
    const [value] = [headers[name]].flat();
    return typeof value === 'string' ? value : undefined;
  };
  const length = text('content-length');
  return {
    type: text('content-type') ?? 'application/octet-stream',
    size: length === undefined || text('content-encoding') !== undefined ? undefined : Number(length),
    name: fileNameOf(text('content-disposition')),
    etag: text('etag'),
    range: rangeOf(text('content-range')),
  };
}

/** RFC 9110 §14.4. */
function rangeOf(header: string | undefined): ContentRange | undefined {
  const [matched, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header ?? '') ?? [];
  if (matched === undefined) return undefined;
  return { start: Number(start), end: Number(end), total: total === '*' ? undefined : Number(total) };
}
