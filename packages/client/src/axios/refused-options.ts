import { AxiosError, type InternalAxiosRequestConfig } from './axios.ts';

const ownsConnections = 'the upstream owns the connections';

/** Options that this adapter doesn't have, each with the reason. */
const unsupported: Readonly<Record<string, string>> = {
  family: ownsConnections,
  fetchOptions: ownsConnections,
  formDataHeaderPolicy: 'of a form, content-type and content-length are taken',
  http2Options: ownsConnections,
  httpAgent: ownsConnections,
  httpVersion: ownsConnections,
  httpsAgent: ownsConnections,
  insecureHTTPParser: ownsConnections,
  lookup: ownsConnections,
  maxRate: 'a slow sender would hold a connection that others wait for',
  proxy: ownsConnections,
  socketPath: `${ownsConnections}; give its address as unix:/path to createUpstream`,
  transport: ownsConnections,
};

/** Values by which an option says that it is not wanted. */
const off = new Set<unknown>([undefined, null, false, 0, -1, Number.POSITIVE_INFINITY]);

/** The types of axios on Node. For `blob` axios gives text; we give a Blob. */
const responseTypes = new Set<unknown>([
  undefined,
  null,
  '',
  'json',
  'text',
  'arraybuffer',
  'stream',
  'blob',
  'document',
]);

/**
 * Refuses options that the adapter doesn't have: an ignored option is worse than an error.
 *
 * @throws AxiosError `ERR_NOT_SUPPORT` with the option and the reason
 */
export function refuseUnsupported(config: InternalAxiosRequestConfig): void {
  const options = config as unknown as Readonly<Record<string, unknown>>;
  for (const option of Object.keys(unsupported)) {
    const value = options[option];
    if (value === undefined || off.has(value)) continue;
    throw notSupported(config, `the option ${option} is not supported: ${unsupported[option]}`);
  }
  const { responseType, responseEncoding } = config;
  if (responseEncoding && !Buffer.isEncoding(responseEncoding)) {
    throw notSupported(config, `responseEncoding ${responseEncoding} is not one that Node knows`);
  }
  if (responseTypes.has(responseType)) return;
  const expected = 'expected json, text, arraybuffer, stream, blob or document';
  throw notSupported(config, `responseType ${responseType} is not supported: ${expected}`);
}

/** The error for an axios option that this adapter doesn't have. */
function notSupported(config: InternalAxiosRequestConfig, message: string): AxiosError {
  return new AxiosError(message, AxiosError.ERR_NOT_SUPPORT, config);
}
