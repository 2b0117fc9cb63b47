import { upstreamDefaults } from '@parley/client';
import { headerNames } from '@parley/contract';
import type { Pollution } from './polluted.ts';

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
const ofNode = `agent ALPNProtocols allowHalfOpen all argv0 backlog blockList ca cert connect ciphers checkServerIdentity createConnection cwd defaultPort
  detached dispatcher encoding endStream env exclusive fd flags flush handle hasBody headersTimeout highWaterMark hints host hostname httpValidation
  idempotent ipv6Only joinDuplicateHeaders keepAlive keepAliveInitialDelay keepAliveTimeout key localAddress localPort maxHeaderSize noDelay objectMode
  onread origin params parent passphrase pauseOnConnect pfx pingInterval port protocol proxyEnv query readable rejectUnauthorized requestCert reset
  responseHeader sendDate servername session settings shell silent sockets socket start stdio throwOnError ttl uniqueHeaders upgrade verbatim
  waitForTrailers writable`;
const ofTls = `ALPNCallback autoSelectFamily autoSelectFamilyAttemptTimeout ciphers clientCertEngine crl dhparam ecdhCurve handshakeTimeout isServer lookup maxVersion
  minDHSize minVersion path pem pfx privateKeyEngine privateKeyIdentifier pskCallback requestOCSP secureContext secureOptions secureProtocol server serverName
  sessionIdContext sessionTimeout sigalgs socket SNICallback spiffeId ticketKeys`;
const headers = `accept accept-encoding accept-language authorization Authorization content-encoding content-length content-type cookie Cookie etag
  expect host if-match if-none-match location origin forwarded range referer retry-after server-timing set-cookie trailer
  transfer-encoding upgrade user-agent via x-forwarded-for x-forwarded-host x-forwarded-proto x-http-method-override`;

/** Every name that somebody might ask an object for: options of axios and of ours, headers, members of contexts and errors. */
export const names: readonly string[] = [
  ...new Set([
    ...[ofAxios, ofCalls, ofServices, ofObjects, ofNode, ofTls, headers].flatMap((list) => list.split(/\s+/)),
    ...Object.keys(upstreamDefaults),
    ...Object.values(headerNames),
  ]),
];

/** Names that connections over TLS might ask an object for. */
export const namesOfTls: readonly string[] = [
  ...ofTls.split(/\s+/),
  'passphrase',
  'session',
  'ca',
  'cert',
  'key',
  'rejectUnauthorized',
  'servername',
];

/** Names that break Node itself or a library, whatever is made of it. */
export const brokenElsewhere = {
  /** Node: its sockets and streams inherit these, or their lists of listeners do. */
  sockets: ['blockList', 'connect', 'headers', 'timeout'],
  /** Node: the streams that it makes itself, of an accepted connection or an HTTP/2 request, take these for their options. */
  streams: ['encoding', 'highWaterMark', 'keepAliveInitialDelay', 'objectMode', 'readable', 'signal'],
  /** undici: it gives Node ordinary objects as settings of HTTP/2, and Node takes this for one. */
  settings: ['maxHeaderSize'],
  /** Node: it looks up the host that a server listens on with these as options, and takes a file for a socket. */
  listening: ['family', 'fd', 'hints', 'verbatim'],
  /** Node: the streams of TLS that it makes itself take this for their option. */
  handshakes: ['handshakeTimeout'],
  /** Node: a server that speaks TLS reads these from itself. */
  secureServers: ['sessionTimeout', 'ticketKeys'],
  /** Express and opossum: they define members by descriptors that inherit these. */
  defining: ['get', 'set', 'value', 'writable'],
  /** zod: it takes an inherited `path` for that of an issue. */
  validating: ['path'],
};

/** Whether a name may have a value: the language itself calls a function called `then` or `toJSON`, on every object. */
export function isPossible({ name, isFunction }: Pollution): boolean {
  return !(isFunction && (name === 'then' || name === 'toJSON'));
}
