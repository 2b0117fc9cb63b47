import type { Content } from '@parley/contract';
import { rangeOf } from '../streams/content-range.ts';
import { fileNameOf } from '../streams/file-name.ts';

/** The bytes of a reply, all in memory, with what its headers say of them. */
export function replyContent(
  bytes: Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string | undefined>>,
): Content {
  const type = headers['content-type'] ?? 'application/octet-stream';
  const blob = new Blob([bytes], { type });
  return {
    type,
    size: bytes.length,
    name: fileNameOf(headers['content-disposition']),
    etag: headers.etag,
    range: rangeOf(headers['content-range']),
    bytes: async () => bytes,
    text: () => blob.text(),
    stream: () => blob.stream(),
  };
}
