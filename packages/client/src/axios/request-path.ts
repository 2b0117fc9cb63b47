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
    const message = `an absolute URL would leave the upstream: give a path, not ${withoutSecrets(url).slice(0, 100)}`;
    throw new AxiosError(message, AxiosError.ERR_NOT_SUPPORT, config);
  }
  const { pathname, search } = new URL(pathOf(config), 'http://upstream');
  return pathname + search;
}

/** Tells whether a config's `url` is a path that can be sent as it is. */
export function isPlainPath({ url, params, baseURL }: InternalAxiosRequestConfig): boolean {
  return url !== undefined && params === undefined && baseURL === undefined && url[0] === '/' && url[1] !== '/';
}
