import type { WireInput } from '@parley/contract';

/** What `fetch` can send again for another attempt. */
export type FetchBody = string | Uint8Array<ArrayBuffer> | Blob | FormData;

/** The body of a call as `fetch` can send it again. A stream is read into memory: browsers send none over HTTP/1.1. */
export async function fetchBody(body: WireInput['body']): Promise<FetchBody | undefined> {
  if (body === undefined || typeof body === 'string' || body instanceof Blob || body instanceof FormData) return body;
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>;
  if ('bytes' in body) return (await body.bytes()) as Uint8Array<ArrayBuffer>;
  // Safari cannot iterate a stream.
  if ('getReader' in body) return new Response(body).blob();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of body) chunks.push(chunk as Uint8Array<ArrayBuffer>);
  return new Blob(chunks);
}
