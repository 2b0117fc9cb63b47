import { withoutSecrets } from '@parley/contract';
import { AxiosError, type InternalAxiosRequestConfig, pathOf } from './axios.ts';

/**
 * Path and query of a request, as axios would send them, without the fragment. The host of a `baseURL` does
 * not count: the upstream knows its endpoints.
 *
 * @throws AxiosError `ERR_NOT_SUPPORT` for a URL that has a host of its own
 */
export function requestPath(config: InternalAxiosRequestConfig): string {
  const { url = '' } = config;
  if (/^([a-z][a-z\d+.-]*:)?\/\//i.test(url) || /^(data|file|blob):/i.test(url)) {
    new URL(url, base); // throws as axios does where it is none
    const message = `an absolute URL would leave the upstream: give a path, not ${withoutSecrets(url).slice(0, 100)}`;
    throw new AxiosError(message, AxiosError.ERR_NOT_SUPPORT, config);
  }
  const { protocol, pathname, search } = new URL(withParams(config), base);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new AxiosError(`Unsupported protocol ${protocol}`, AxiosError.ERR_BAD_REQUEST, config);
  }
  return pathname + search;
}

// The host is read by nobody.
const base = 'http://upstream';

function withParams(config: InternalAxiosRequestConfig): string {
  // As `tel:1`, which axios takes for a whole URL.
  if (!config.baseURL && URL.canParse(config.url ?? '')) return config.url as string;
  try {
    return pathOf(config);
  } catch (error) {
    const members = { url: config.url, exists: true };
    throw AxiosError.from(error as Error, AxiosError.ERR_BAD_REQUEST, config, null, undefined, members);
  }
}

/** Name and password in the `baseURL` of a config; none where it has neither. */
export function urlCredentials({ baseURL }: InternalAxiosRequestConfig) {
  if (!baseURL?.includes('@') || !URL.canParse(baseURL)) return undefined;
  const { username, password } = new URL(baseURL);
  return username || password ? { username: decoded(username), password: decoded(password) } : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // as axios does
  }
}

/** Tells whether a config's `url` is a path that can be sent as it is. */
export function isPlainPath({ url, params, baseURL }: InternalAxiosRequestConfig): boolean {
  return url !== undefined && params === undefined && baseURL === undefined && url[0] === '/' && url[1] !== '/';
}
