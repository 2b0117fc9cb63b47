import type { Current } from '../options/current-options.ts';
import { acceptedEncodings } from '../transport/decompression.ts';
import { type Dispatching, WireRequest } from '../transport/dispatch.ts';
import { isIdempotent } from './attempt-config.ts';
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from './axios.ts';
import { Exchange } from './exchange.ts';
import { fullAdapter, type PoolOf, redirectFollower } from './full-adapter.ts';
import { isRedirect } from './redirect.ts';
import { RequestCompression } from './request-compression.ts';
import { isPlainPath } from './request-path.ts';
import type { UndiciAdapterOptions } from './undici-adapter-options.ts';

/**
 * An axios adapter on undici's `dispatch`: no stream is made for a body that is read whole anyway.
 * A call that asks for no more than that goes straight to the pool; all others go through `fullAdapter`.
 *
 * @param poolOf the connections to another origin, where a redirect may lead there; default: to none
 * @throws AxiosError with the code of the socket's error, `ERR_CANCELED`, `ERR_BAD_RESPONSE` for a reply
 *   that is too large or cannot be decoded, `ERR_BAD_REQUEST` for a body that cannot be sent
 */
export function undiciAdapter(
  pool: Dispatching,
  options: Current<UndiciAdapterOptions>,
  poolOf: PoolOf = () => undefined,
): AxiosAdapter {
  const compression = new RequestCompression(options);
  const dependencies = { pool, options, compression, poolOf };
  const full = fullAdapter(dependencies);
  const follow = redirectFollower(dependencies);
  return (config) => {
    if (!isLean(config) || (config.data && compression.isFor(config.data.length))) return full(config);
    const answer = new Promise<AxiosResponse>((resolve, reject) => {
      const { maxReplyBytes, acceptCompressed } = options.current;
      const { maxContentLength = -1 } = config;
      const maxBytes = maxContentLength >= 0 ? Math.min(maxContentLength, maxReplyBytes) : maxReplyBytes;
      const exchange = new Exchange(config, maxBytes, resolve, reject);
      const request = dispatchOptions(config);
      if (acceptCompressed && !config.headers.has('accept-encoding')) {
        request.headers['accept-encoding'] = acceptedEncodings;
      }
      exchange.send(pool, request);
    });
    if (!config.maxRedirects) return answer;
    return answer.then((reply) => (isRedirect(reply) ? follow(config, reply) : reply));
  };
}

function dispatchOptions(config: InternalAxiosRequestConfig): WireRequest {
  const method = (config.method ?? 'get').toUpperCase();
  const headers = config.headers.toJSON() as Record<string, string>;
  return new WireRequest(method, config.url as string, headers, config.data ?? null, isIdempotent(config));
}

/** Asks for nothing beyond a path, a body in one piece and a reply in one piece. */
function isLean(config: InternalAxiosRequestConfig): boolean {
  const { data } = config;
  return (
    config.responseType !== 'stream' &&
    (data === undefined || data === null || typeof data === 'string' || data instanceof Uint8Array) &&
    !config.timeout &&
    // A redirect is followed when it comes, unless the status is judged before.
    !(config.maxRedirects && config.validateStatus) &&
    config.auth === undefined &&
    config.onUploadProgress === undefined &&
    config.onDownloadProgress === undefined &&
    config.cancelToken === undefined &&
    !(config.maxBodyLength !== undefined && config.maxBodyLength >= 0) &&
    isPlainPath(config)
  );
}
