import { type Content, content } from '@parley/contract';
import { rangeOf } from '../streams/content-range.ts';
import { fileNameOf } from '../streams/file-name.ts';

/** The bytes of a reply, all in memory, with what its headers say of them. */
export function replyContent(bytes: Uint8Array, headers: Readonly<Record<string, string>>): Content {
  const type = headers['content-type'] ?? 'application/octet-stream';
  const name = fileNameOf(headers['content-disposition']);
  const whole = content(bytes, { type, ...(name !== undefined && { name }) });
  return Object.assign(whole, { etag: headers.etag, range: rangeOf(headers['content-range']) });
}
