import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { isIdempotent } from '../transport/method-safety.ts';
import type { AxiosHeaders, AxiosResponse } from './axios.ts';

/** When a request's body is compressed. */
export type RequestCompressionOptions = Pick<UpstreamOptions, 'compressRequestsAboveBytes'>;

const compress = promisify(gzip);

/**
 * Compresses large request bodies, with gzip: nearly every server understands it.
 *
 * Scope: endpoint.
 */
export class RequestCompression {
  readonly #options: Current<RequestCompressionOptions>;
  #isRefused = false;

  constructor(options: Current<RequestCompressionOptions>) {
    this.#options = options;
  }

  /** A body this long is worth it here. */
  isFor(bytes: number): boolean {
    return bytes > this.#options.current.compressRequestsAboveBytes && !this.#isRefused;
  }

  /** The compressed body; none if it is not smaller, or if the caller has encoded the body already. */
  async compressed(body: string | Uint8Array, headers: AxiosHeaders): Promise<Uint8Array | undefined> {
    if (headers.has('content-encoding') || !this.isFor(Buffer.byteLength(body))) return undefined;
    const bytes = await compress(body, { level: 3 });
    return bytes.length < Buffer.byteLength(body) ? bytes : undefined;
  }

  /**
   * Remembers that the endpoint accepts no compressed bodies. Returns whether this body may be sent again as it was:
   * the request is idempotent, or the refusal names the coding as the reason (RFC 7694 §3).
   */
  refuse(method: string, requestHeaders: AxiosHeaders, response: AxiosResponse): boolean {
    this.#isRefused = true;
    const isRepeatable = isIdempotent(method) || requestHeaders.has('idempotency-key');
    return isRepeatable || response.headers['accept-encoding'] !== undefined;
  }
}
