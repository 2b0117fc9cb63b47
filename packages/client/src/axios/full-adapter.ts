import type { Current } from '../options/current-options.ts';
import type { RequestBody } from '../transport/body-source.ts';
import { acceptedEncodings } from '../transport/decompression.ts';
import { type Dispatching, WireRequest } from '../transport/dispatch.ts';
import { ReplyStream } from '../transport/reply-stream.ts';
import { isIdempotent } from './attempt-config.ts';
import {
  type AxiosAdapter,
  AxiosHeaders,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
  settle,
} from './axios.ts';
import { bodyTooLarge, FullExchange } from './full-exchange.ts';
import { expectNames, failed, type Hop, isRedirect, nextHop, tooManyRedirects } from './redirect.ts';
import { basicAuth, requestBody } from './request-body.ts';
import type { RequestCompression } from './request-compression.ts';
import { requestPath } from './request-path.ts';
import { SentRequest } from './sent-request.ts';
import { timeoutMsOf } from './timeout-option.ts';
import type { UndiciAdapterOptions } from './undici-adapter-options.ts';
import { toAxiosError } from './wire-errors.ts';

/** Gives the connections to another origin of the upstream; none where a redirect must not lead there. */
export type PoolOf = (origin: string) => Dispatching | undefined;

/** What the full adapter sends with. */
export interface FullAdapterDependencies {
  readonly pool: Dispatching;
  readonly options: Current<UndiciAdapterOptions>;
  readonly compression: RequestCompression;
  readonly poolOf: PoolOf;
}

/** The adapter for calls that ask for more than a body in one piece and a reply in one piece. */
export function fullAdapter(dependencies: FullAdapterDependencies): AxiosAdapter {
  return (config) => answered(config, dependencies, undefined);
}

/** Follows the redirect that a request has got as its reply. */
export function redirectFollower(dependencies: FullAdapterDependencies) {
  return (config: InternalAxiosRequestConfig, reply: AxiosResponse) => answered(config, dependencies, reply);
}

/** @param reply what was answered to the first request, if that was sent already */
async function answered(
  config: InternalAxiosRequestConfig,
  { pool, options, compression, poolOf }: FullAdapterDependencies,
  reply: AxiosResponse | undefined,
): Promise<AxiosResponse> {
  try {
    if (config.maxRedirects) expectNames(config);
    const hop = await firstHop(config, pool, options);
    const endsAtMs = performance.now() + (timeoutMsOf(config) ?? Number.POSITIVE_INFINITY);
    const send = (hop: Hop) =>
      exchange(poolFor(hop, pool, poolOf, config), config, hop, maxBytes(config, options.current), endsAtMs);
    const response = reply ?? (await sendCompressed(hop, compression, send));
    return settle(config.maxRedirects ? await redirected(hop, response, config, send) : response);
  } catch (error) {
    throw toAxiosError(error, config);
  }
}

type SendHop = (hop: Hop) => Promise<AxiosResponse>;

async function firstHop(
  config: InternalAxiosRequestConfig,
  pool: Dispatching,
  options: Current<UndiciAdapterOptions>,
): Promise<Hop> {
  const headers = AxiosHeaders.from(config.headers);
  if (config.auth) headers.set('authorization', basicAuth(config.auth));
  if (options.current.acceptCompressed && config.decompress !== false)
    headers.set('accept-encoding', acceptedEncodings, false);
  const body = await requestBody(config.data, headers);
  const { maxBodyLength = -1 } = config;
  if (maxBodyLength >= 0 && (lengthOf(body) ?? 0) > maxBodyLength) throw bodyTooLarge(config);
  const url = new URL(requestPath(config), pool.origin);
  const method = (config.method ?? 'get').toUpperCase();
  return { url, method, headers: headers.toJSON() as Record<string, string>, body };
}

function lengthOf(body: RequestBody | undefined): number | undefined {
  if (body === undefined) return 0;
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

/** The largest reply in bytes. A streamed reply has no limit but the call's own: it is read piece by piece. */
function maxBytes(
  { maxContentLength = -1, responseType }: InternalAxiosRequestConfig,
  { maxReplyBytes }: UndiciAdapterOptions,
): number {
  const standard = responseType === 'stream' ? Number.POSITIVE_INFINITY : maxReplyBytes;
  return maxContentLength >= 0 ? Math.min(maxContentLength, standard) : standard;
}

function poolFor({ url }: Hop, pool: Dispatching, poolOf: PoolOf, config: InternalAxiosRequestConfig): Dispatching {
  const found = url.origin === pool.origin ? pool : poolOf(url.origin);
  // Only addresses of http have an origin.
  if (!found) throw failed(config, `${url.origin === 'null' ? url.protocol : url.origin} is outside of the upstream`);
  return found;
}

async function sendCompressed(hop: Hop, compression: RequestCompression, send: SendHop) {
  const { body, method } = hop;
  const headers = AxiosHeaders.from(hop.headers);
  const isPlain = typeof body === 'string' || body instanceof Uint8Array;
  const compressed = isPlain ? await compression.compressed(body, headers) : undefined;
  if (!compressed) return send(hop);
  const encoded = without(hop.headers, 'content-length');
  const response = await send({ ...hop, body: compressed, headers: { ...encoded, 'content-encoding': 'gzip' } });
  if (response.status !== 415 || !compression.refuse(method, headers, response)) return response;
  discard(response);
  return send(hop);
}

function without(headers: Record<string, string>, left: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== left));
}

async function redirected(hop: Hop, response: AxiosResponse, config: InternalAxiosRequestConfig, send: SendHop) {
  const { maxRedirects = 0 } = config;
  let [current, reply] = [hop, response];
  for (let left = maxRedirects; isRedirect(reply); left--) {
    discard(reply);
    if (left === 0) throw tooManyRedirects(config);
    current = nextHop(current, reply, config);
    const { method, url } = current;
    reply = { ...(await send(current)), request: new SentRequest(method, url.pathname + url.search, url.origin) };
  }
  return reply;
}

function discard({ data }: AxiosResponse): void {
  if (data instanceof ReplyStream) data.destroy();
}

function exchange(pool: Dispatching, config: InternalAxiosRequestConfig, hop: Hop, maxBytes: number, endsAtMs: number) {
  return new Promise<AxiosResponse>((resolve, reject) => {
    // Time has passed since axios looked.
    config.cancelToken?.throwIfRequested();
    if (config.signal?.aborted) throw new CanceledError(undefined, config);
    const exchange = new FullExchange(config, { maxBytes, body: hop.body, endsAtMs }, resolve, reject);
    const { url, method, headers } = hop;
    // A body that comes piece by piece is there once.
    const isWhole = typeof hop.body !== 'object' || hop.body instanceof Uint8Array;
    const idempotent = isWhole && isIdempotent(config);
    const path = url.pathname + url.search;
    exchange.send(pool, new WireRequest(method, path, headers, exchange.body() ?? null, idempotent));
  });
}
