import { Readable } from 'node:stream';
import { chunksOf, contentOf, type WireInput } from '@parley/contract';
import { PartsSource, type RequestBody, StreamSource } from '../transport/body-source.ts';

/** The body of a call as it is sent. Texts, bytes and blobs can be sent again, streams once. */
export function bodyToSend(body: WireInput['body']): RequestBody | undefined {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body;
  if (body instanceof Blob) return new PartsSource([body]);
  const given = contentOf(body);
  return given && new StreamSource(Readable.from(chunksOf(given), { objectMode: false }), given.size);
}
