import { PassThrough, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { isArrayBuffer } from 'node:util/types';
import { ownMembers } from '@parley/contract';
import { PartsSource, type RequestBody, StreamSource } from '../transport/body-source.ts';
import { AxiosError, type AxiosHeaders } from './axios.ts';
import { multipart } from './multipart.ts';

/** Text or bytes, which are sent as they are; none for a body of any other kind. */
export function asPlainBody(data: unknown): string | Uint8Array | undefined {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (isArrayBuffer(data)) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return undefined;
}

/**
 * A body of any kind that axios takes: forms, blobs and streams besides text and bytes. Sets the headers
 * that follow from it, as axios does.
 *
 * @throws AxiosError `ERR_BAD_REQUEST` for what cannot be sent
 */
export async function requestBody(data: unknown, headers: AxiosHeaders): Promise<RequestBody | undefined> {
  if (data === undefined || data === null) return undefined;
  const body = asPlainBody(data) ?? (await sourceOf(data, headers));
  if (typeof body === 'object' && 'isSpent' in body && body.length !== undefined) {
    headers.setContentLength(String(body.length), body instanceof PartsSource);
  }
  return body;
}

async function sourceOf(data: unknown, headers: AxiosHeaders): Promise<RequestBody> {
  if (isRequestBody(data)) return data;
  if (data instanceof URLSearchParams) {
    headers.setContentType('application/x-www-form-urlencoded;charset=utf-8', false);
    return data.toString();
  }
  if (isLegacyForm(data)) return legacyForm(data, headers);
  if (data instanceof FormData) {
    const [, boundary] = /boundary=([-\w]{10,70})/i.exec(String(headers.getContentType() ?? '')) ?? [];
    const [body, type] = multipart(data, boundary);
    headers.setContentType(type);
    return body;
  }
  if (data instanceof Blob) {
    if (data.size > 0) headers.setContentType(data.type || 'application/octet-stream');
    return new PartsSource([data]);
  }
  if (data instanceof globalThis.ReadableStream) return new StreamSource(Readable.fromWeb(data as ReadableStream));
  if (data instanceof Readable) return new StreamSource(data);
  if (isPiped(data)) return new StreamSource(piped(data));
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  const message = `cannot send a body of type ${kind}: expected text, bytes, a form, a Blob or a stream`;
  throw new AxiosError(message, AxiosError.ERR_BAD_REQUEST);
}

function isRequestBody(data: unknown): data is RequestBody {
  return data instanceof StreamSource || data instanceof PartsSource;
}

/** The npm package form-data: what axios makes of an object for `postForm`. */
interface LegacyForm extends NodeJS.ReadableStream {
  getHeaders(): Record<string, string>;
  getLength(callback: (error: Error | null, length: number) => void): void;
}

function isLegacyForm(data: unknown): data is LegacyForm {
  return isPiped(data) && 'getHeaders' in data && 'getLength' in data;
}

async function legacyForm(form: LegacyForm, headers: AxiosHeaders): Promise<RequestBody> {
  const [type] = Object.entries(form.getHeaders()).filter(([name]) => name.toLowerCase() === 'content-type');
  if (type) headers.setContentType(type[1]);
  // A form that holds a stream of unknown length has none.
  const length = await new Promise<number | undefined>((resolve) => {
    form.getLength((error, length) => resolve(error || !(length >= 0) ? undefined : length));
  });
  return new StreamSource(piped(form), length);
}

function isPiped(data: unknown): data is NodeJS.ReadableStream {
  return typeof data === 'object' && data !== null && 'pipe' in data && typeof data.pipe === 'function';
}

/** Turns an old kind of stream into a `Readable`. */
function piped(stream: NodeJS.ReadableStream): Readable {
  const through = new PassThrough();
  stream.on('error', (error) => through.destroy(error));
  // One that is destroyed ends without `end`.
  stream.on('close', () => through.writableEnded || through.destroy());
  return stream.pipe(through);
}

/** The value of `Authorization` for a name and a password. RFC 7617. */
export function basicAuth(credentials: { username?: string; password?: string }): string {
  const { username, password } = ownMembers(credentials);
  return `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}`;
}
