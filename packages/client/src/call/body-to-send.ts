import { Readable } from 'node:stream';
import { chunksOf, contentOf, type WireInput } from '@parley/contract';
import { multipart } from '../axios/multipart.ts';
import { PartsSource, type RequestBody, StreamSource } from '../transport/body-source.ts';

/** The body of a call as it is sent, and the content type of a form with files. Texts, bytes, blobs and forms can be sent again, streams once. */
export function bodyToSend(body: WireInput['body']): [body: RequestBody | undefined, formType: string | undefined] {
  if (body instanceof FormData) return multipart(body, undefined, (text) => text); // a handler gets what its caller gave
  return [requestBody(body), undefined];
}

function requestBody(body: Exclude<WireInput['body'], FormData>): RequestBody | undefined {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body;
  if (body instanceof Blob) return new PartsSource([body]);
  const given = contentOf(body);
  return given && new StreamSource(Readable.from(chunksOf(given), { objectMode: false }), given.size);
}
