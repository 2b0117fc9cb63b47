import { AxiosError, type InternalAxiosRequestConfig } from './axios.ts';

/** The body of a request as undici takes it. @throws AxiosError `ERR_NOT_SUPPORT` where it is nothing that can be sent */
export function requestBody(config: InternalAxiosRequestConfig): string | Uint8Array | null {
  const { data } = config;
  if (data === undefined || data === null) return null;
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  const message = `cannot send a body of type ${kind}: expected a string, Buffer, Uint8Array or ArrayBuffer`;
  throw new AxiosError(message, AxiosError.ERR_NOT_SUPPORT, config);
}
