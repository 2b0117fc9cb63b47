import type { InternalAxiosRequestConfig } from './axios.ts';

/** A body as the caller wants it: bytes, or text without its byte order mark. */
export function replyData(
  body: Buffer,
  { responseType, responseEncoding }: InternalAxiosRequestConfig,
): Buffer | string {
  if (responseType === 'arraybuffer') return body;
  const text = body.toString(responseEncoding as BufferEncoding | undefined);
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
