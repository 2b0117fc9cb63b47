import type { Operation } from '../operations/operation.ts';

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
