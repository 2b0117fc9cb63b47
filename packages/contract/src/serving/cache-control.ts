import { authSchemesOf, type Operation } from '../operations/operation.ts';
import { isStream } from '../streams/stream.ts';

/**
 * The `Cache-Control` of an operation's successful reply, RFC 9111 §5.2.2 and RFC 5861. A GET without a policy has
 * `private, no-cache`: only its caller's own cache may keep it, and must revalidate it before each use. Without the header caches would
 * guess (§4.2.2); `no-store` would make entity tags useless. Other methods get no header: caches do not keep their replies.
 */
export function cacheControl({ method, cache }: Operation): string | undefined {
  if (!cache) return method === 'GET' ? 'private, no-cache' : undefined;
  const { scope, maxAgeS, staleWhileRevalidateS = 0, staleIfErrorS = 0 } = cache;
  let text = `${scope}, max-age=${maxAgeS}`;
  if (staleWhileRevalidateS > 0) text += `, stale-while-revalidate=${staleWhileRevalidateS}`;
  if (staleIfErrorS > 0) text += `, stale-if-error=${staleIfErrorS}`;
  return text;
}

/**
 * The request headers that an operation's successful reply depends on, for `Vary`: those of the input; those that identify the caller,
 * since a browser's cache outlives a change of users; and the encoding.
 */
export function varyHeaders(operation: Operation): string[] {
  const { requestHeaders, output, mayCompress } = operation;
  const bound = requestHeaders.map(([, header]) => header);
  const isStorable = cacheControl(operation) !== undefined;
  const mayEncode = output !== undefined && !isStream(output) && mayCompress;
  return [
    ...(isStorable ? [...bound, ...credentialHeaders(operation)] : []),
    ...(mayEncode ? ['Accept-Encoding'] : []),
  ];
}

function credentialHeaders({ auth }: Operation): string[] {
  if (auth === 'public') return [];
  const schemes = authSchemesOf(auth);
  if (schemes.length === 0) return ['Authorization'];
  const names = schemes.map(({ openapi }) => {
    if (openapi.type === 'http') return 'Authorization';
    // A key in the query is part of the URL.
    return openapi.in === 'header' ? openapi.name : openapi.in === 'cookie' ? 'Cookie' : [];
  });
  return [...new Set(names.flat())];
}
