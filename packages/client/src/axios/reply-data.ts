import { codingsOf, decoded } from '../transport/decompression.ts';
import type { InternalAxiosRequestConfig } from './axios.ts';

/** A body as it was before it was encoded. @throws Error where it cannot be decoded, or grows beyond `maxBytes` */
export async function plainBody(body: Buffer, encoding: string | string[], maxBytes: number): Promise<Buffer> {
  const names = codingsOf(encoding);
  // A reply without a body (to HEAD, 204, 304) still says how it would be encoded.
  if (body.length === 0) return body;
  const plain = await decoded(body, names, maxBytes);
  return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
}

/** A body as the caller wants it: bytes, or text without its byte order mark. */
export function replyData(
  body: Buffer,
  { responseType, responseEncoding }: InternalAxiosRequestConfig,
): Buffer | string {
  if (responseType === 'arraybuffer') return body;
  const text = body.toString(responseEncoding as BufferEncoding | undefined);
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
