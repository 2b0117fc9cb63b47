import { AxiosError, type InternalAxiosRequestConfig } from './transport/axios.ts';

const ownsConnections = 'the upstream owns the connections';
const readsWhole = 'a body is sent and read whole';
const noRedirects = 'service calls are not redirected';

/** Options that this adapter doesn't have, each with the reason. */
const unsupported: Readonly<Record<string, string>> = {
  auth: 'set the authorization header',
  beforeRedirect: noRedirects,
  cancelToken: 'use signal',
  family: ownsConnections,
  fetchOptions: ownsConnections,
  http2Options: ownsConnections,
  httpAgent: ownsConnections,
  httpVersion: ownsConnections,
  httpsAgent: ownsConnections,
  insecureHTTPParser: ownsConnections,
  lookup: ownsConnections,
  maxBodyLength: readsWhole,
  maxContentLength: 'set maxReplyBytes of the upstream',
  maxRate: readsWhole,
  maxRedirects: noRedirects,
  onDownloadProgress: readsWhole,
  onUploadProgress: readsWhole,
  proxy: ownsConnections,
  responseEncoding: 'replies are UTF-8',
  socketPath: ownsConnections,
  transport: ownsConnections,
};

/** Values by which an option says that it is not wanted. */
const off = new Set<unknown>([undefined, null, false, 0, -1, Number.POSITIVE_INFINITY, 'utf8', 'utf-8']);

const responseTypes = new Set<unknown>([undefined, 'json', 'text', 'arraybuffer']);

/**
 * Refuses what the adapter doesn't have: an option that would be ignored is worse than an error.
 *
 * @throws AxiosError `ERR_NOT_SUPPORT` with the option and the reason
 */
export function refuseUnsupported(config: InternalAxiosRequestConfig): void {
  const options = config as unknown as Readonly<Record<string, unknown>>;
  for (const [option, reason] of Object.entries(unsupported)) {
    if (!off.has(options[option])) throw notSupported(config, `the option ${option} is not supported: ${reason}`);
  }
  const { responseType } = config;
  if (responseTypes.has(responseType)) return;
  throw notSupported(config, `responseType ${responseType} is not supported: expected json, text or arraybuffer`);
}

/** The error for what an axios user may ask for and this adapter doesn't do. */
export function notSupported(config: InternalAxiosRequestConfig, message: string): AxiosError {
  return new AxiosError(message, AxiosError.ERR_NOT_SUPPORT, config);
}
