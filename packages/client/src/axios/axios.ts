import { ownMembers } from '@parley/contract';
import axios, { Axios, AxiosError, AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';

// The only file that imports axios: everything else of it that the package needs comes from here.
export {
  type Axios,
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosProgressEvent,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
} from 'axios';

/** How axios names itself to servers. */
export const userAgent = `axios/${axios.VERSION}`;

/** The user's axios interceptors. They see each attempt, a retry too. */
export type Interceptors = Axios['interceptors'];

/**
 * An axios instance that does nothing of its own: no transforms, no default headers, no status check, no
 * redirects, no proxy from the environment. The default instance's config merge alone costs 12 µs a call more.
 */
export function createAxios(): Axios {
  return new Axios({ validateStatus: null, allowAbsoluteUrls: false });
}

/** Header values as undici gives them. */
export type ResponseHeaders = Record<string, string | string[] | undefined>;

const count = ({ handlers = [] }: { readonly handlers?: readonly unknown[] }) => handlers.length;

/** Whether axios would do anything with a request. */
export function hasInterceptors({ interceptors: { request, response } }: Axios): boolean {
  return count(request) > 0 || count(response) > 0;
}

// AxiosHeaders keeps headers as members of its own; `set` would look for another spelling of each name among them.
class LowerCasedHeaders extends AxiosHeaders {
  override toJSON() {
    return { ...this };
  }
}

const uncleanValue = /[^\t\x20-\x7e\x80-\xff]/;

/** Headers as axios hands them to an adapter. */
export function toAxiosHeaders(headers: Readonly<Record<string, string>>): AxiosHeaders {
  for (const name of Object.keys(headers)) {
    if (uncleanValue.test(headers[name] as string)) return AxiosHeaders.from(headers); // axios takes such characters out
  }
  return Object.assign(new LowerCasedHeaders(), headers);
}

const builder = new Axios({ allowAbsoluteUrls: false });

/** Path and query of a request, with `baseURL` and `params` put in as axios does. */
export function pathOf({ url = '/', baseURL, params, paramsSerializer }: InternalAxiosRequestConfig): string {
  if (!params && !baseURL) return url;
  return builder.getUri(
    ownMembers({ url, params, ...(baseURL && { baseURL }), ...(paramsSerializer && { paramsSerializer }) }),
  );
}

/** Settles a reply as axios does: returns it if `validateStatus` agrees, and throws it otherwise. */
export function settle(response: AxiosResponse): AxiosResponse {
  const { status, config } = response;
  if (!config.validateStatus || config.validateStatus(status)) return response;
  const code = status >= 400 && status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
  throw new AxiosError(`Request failed with status code ${status}`, code, config, response.request, response);
}
