import { contentRange } from '../wire/content-range.ts';
import type { Content } from './content.ts';
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
    range: contentRange(headers['content-range']),
  };
}
