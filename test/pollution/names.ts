import { upstreamDefaults } from '@parley/client';
import { headerNames } from '@parley/contract';

const ofAxios = `adapter allowAbsoluteUrls allowedSocketPaths auth baseURL beforeRedirect cancelToken common data decompress dots encode env
  family fetchOptions formDataHeaderPolicy formSerializer headers http2Options httpAgent httpVersion httpsAgent indexes insecureHTTPParser lookup
  maxBodyLength maxContentLength maxRate maxRedirects metaTokens method onDownloadProgress onUploadProgress params paramsSerializer parseReviver
  password proxy redact responseEncoding responseType sensitiveHeaders serialize signal socketPath timeout timeoutErrorMessage transformRequest
  transformResponse transitional transport url username validateStatus withCredentials xsrfCookieName xsrfHeaderName`;
const ofCalls = `attempt attempts attemptsLeft blamesEndpoint body call caller cause code deadlineMs detail endpoint firstItemTimeoutMs hedge
  idempotencyKey idleTimeoutMs isUnprocessed issues label layers maxAttempts operation operations path principal priority redirected replyAs requestId
  retryAfterMs safety serverName status story timeoutMs timings trace weight wire zone`;
const ofServices = `audience bodyLimitBytes cache compressBelow context cors encode errors heartbeatMs idempotency input issuer keys logger maxInFlight
  maxQueryParameters middleware origins output requestHeaders requestTimeoutMs responseHeaders stopping bodyLimits contentType fields files format maxBytes maxFiles members range size slice
  types store summary title trustedProxies version`;
const ofObjects = 'configurable enumerable get kind length name set then toJSON type value writable';
const headers = `accept accept-encoding accept-language authorization Authorization content-encoding content-length content-type cookie Cookie etag
  expect host if-match if-none-match location origin referer retry-after server-timing set-cookie transfer-encoding user-agent x-forwarded-for`;

/** Every name that somebody might ask an object for: options of axios and of ours, headers, members of contexts and errors. */
export const names: readonly string[] = [
  ...new Set([
    ...[ofAxios, ofCalls, ofServices, ofObjects, headers].flatMap((list) => list.split(/\s+/)),
    ...Object.keys(upstreamDefaults),
    ...Object.values(headerNames),
  ]),
];
