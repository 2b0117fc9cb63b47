import { isSpent, type RequestBody } from '../transport/body-source.ts';
import { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from './axios.ts';

/** One request on its way through redirects. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  /** Names as they were given, values as they are sent. */
  readonly headers: Record<string, string>;
  readonly body: RequestBody | undefined;
}

/** The statuses of a redirect. RFC 9110 §15.4; without 300, which leaves a choice, and 304, which is about a cache. */
const redirects = new Set([301, 302, 303, 307, 308]);
const credentials = ['authorization', 'cookie', 'proxy-authorization', 'host'];

/** Tells whether a reply sends its caller elsewhere. */
export function isRedirect({ status, headers }: Pick<AxiosResponse, 'status' | 'headers'>): boolean {
  return redirects.has(status) && Boolean(headers.location);
}

/**
 * Where a redirect leads. 303 asks with GET; 301 and 302 do so after a POST, as all clients have always done;
 * 307 and 308 send the same again. Credentials stay at their origin.
 *
 * @throws AxiosError `ERR_FR_REDIRECTION_FAILURE` where it cannot be followed: a body that is spent, a `Location` that is no URL
 */
export function nextHop(hop: Hop, { status, headers }: AxiosResponse, config: InternalAxiosRequestConfig): Hop {
  const url = target(String(headers.location), hop, config);
  const asGet = status === 303 ? hop.method !== 'HEAD' : status < 303 && hop.method === 'POST';
  const dropped = url.origin === hop.url.origin ? [] : [...credentials, ...sensitive(config)];
  const next: Hop = asGet
    ? { url, method: 'GET', headers: without(hop.headers, (name) => name.startsWith('content-')), body: undefined }
    : { ...hop, url };
  if (isSpent(next.body)) throw failed(config, `the body is a stream and cannot be sent again to ${url.origin}`);
  return afterBeforeRedirect(
    { ...next, headers: without(next.headers, (name) => dropped.includes(name)) },
    hop,
    status,
    headers,
    config,
  );
}

function target(location: string, { url }: Hop, config: InternalAxiosRequestConfig): URL {
  if (!URL.canParse(location, url.href)) throw failed(config, `Location is not a URL: ${location}`);
  const next = new URL(location, url);
  next.hash = '';
  return next;
}

function sensitive({ sensitiveHeaders }: InternalAxiosRequestConfig & { sensitiveHeaders?: unknown }): string[] {
  return Array.isArray(sensitiveHeaders) ? sensitiveHeaders.map((name) => String(name).toLowerCase()) : [];
}

function without(headers: Record<string, string>, isDropped: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isDropped(name.toLowerCase())));
}

/** Lets `beforeRedirect` see and change the next request. An error that it throws ends the call. */
function afterBeforeRedirect(
  next: Hop,
  previous: Hop,
  statusCode: number,
  headers: AxiosResponse['headers'],
  config: InternalAxiosRequestConfig,
): Hop {
  if (!config.beforeRedirect) return next;
  const { url } = next;
  const options = {
    method: next.method,
    headers: { ...next.headers },
    href: url.href,
    protocol: url.protocol,
    hostname: url.hostname,
    port: url.port,
    path: url.pathname + url.search,
  };
  const request = { url: previous.url.href, method: previous.method, headers: previous.headers };
  config.beforeRedirect(
    options,
    { headers: headers as Record<string, string>, statusCode: statusCode as 301 },
    request,
  );
  return { ...next, method: options.method, headers: options.headers, url: new URL(options.path, url) };
}

/** The error for a redirect that cannot be followed. */
export function failed(config: InternalAxiosRequestConfig, message: string): AxiosError {
  return refusal(`not redirected: ${message}`, 'ERR_FR_REDIRECTION_FAILURE', config);
}

/** The error for one redirect too many, as axios gives it. */
export function tooManyRedirects(config: InternalAxiosRequestConfig): AxiosError {
  return refusal('Maximum number of redirects exceeded', 'ERR_FR_TOO_MANY_REDIRECTS', config);
}

// The cause keeps the code: the layers turn an AxiosError into a CallError.
function refusal(message: string, code: string, config: InternalAxiosRequestConfig): AxiosError {
  const error = new AxiosError(message, code, config);
  error.cause = Object.assign(new Error(message), { code });
  return error;
}
