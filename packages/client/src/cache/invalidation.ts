import { CallError } from '@parley/contract';
import type { Call } from '../layer.ts';
import type { Reply, ReplyHeaders } from '../transport/reply.ts';
import { cacheGroups } from './cache-groups.ts';
import { single } from './freshness.ts';

/** What a write makes outdated. */
export interface Outdated {
  readonly paths: readonly string[];
  readonly groups: readonly string[];
}

/** A gateway says so that got no reply of the service: the write may have been carried out. */
const doubtful = new Set([502, 504]);

/** What a write has made outdated, by the reply to it: nothing where it was refused. RFC 9111 §4.4, RFC 9875 §3. */
export function outdatedByReply(call: Call, { status, headers, origin }: Reply): Outdated | undefined {
  const { redirected, endpoint } = origin;
  // A redirect is no refusal, whatever came after it; with 307 and 308 the write was carried out where it led.
  const written = redirected ? [call.path, redirected.path] : [call.path];
  if (status < 200 || status >= 400) {
    return redirected || doubtful.has(status) ? { paths: written, groups: [] } : undefined;
  }
  const answered = redirected ? { ...call, path: redirected.path } : call;
  const others = ['location', 'content-location'].map((name) => ownPath(headers, name, answered, endpoint));
  const paths = [...written, ...others.filter((path) => path !== undefined)];
  return { paths, groups: cacheGroups(headers['cache-group-invalidation']) };
}

/** The same of a write without a reply: it may have been carried out, unless no server began it. */
export function outdatedByFailure({ path }: Call, error: unknown): Outdated | undefined {
  return error instanceof CallError && error.isUnprocessed ? undefined : { paths: [path], groups: [] };
}

/** Path and query of a field that names a URL of the same origin; undefined for any other. */
export function ownPath(
  headers: ReplyHeaders,
  name: string,
  call: Call,
  endpoint: string | undefined,
): string | undefined {
  const given = single(headers[name]);
  if (given === undefined) return undefined;
  const base = `http://${call.headers.host ?? 'upstream.invalid'}`;
  if (!URL.canParse(given, base + call.path)) return undefined;
  const { origin, pathname, search } = new URL(given, base + call.path);
  const isOwn =
    origin === base || (endpoint !== undefined && URL.canParse(endpoint) && origin === new URL(endpoint).origin);
  return isOwn ? pathname + search : undefined;
}
