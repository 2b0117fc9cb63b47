import type { GatewayTable, TableOperation } from '../table/gateway-table.ts';

/** Where nginx keeps replies in a container; `npm start` puts a folder of its own in its place. */
export const cacheFolder = '/tmp/replies';

/** A reply that nobody asks for leaves the cache after a day at the latest. */
const longestIdleS = 86_400;

/** What nginx keeps, for `cache.conf`: the replies of operations with `cache` in the policy. */
export function cacheText({ operations }: GatewayTable): string {
  const cached = operations.filter(({ cache }) => cache !== undefined);
  if (cached.length === 0) return nothingKept;
  const longestS = Math.max(...cached.map(({ cache }) => cache?.longestS ?? 0));
  return [
    storeText(Math.min(longestS, longestIdleS)),
    requestMaps(cached),
    replyMaps(cached),
    directives,
    cacheStatus,
  ].join('\n');
}

const nothingKept = `# Nothing is kept: no operation has \`cache\` in the policy.
map "" $gateway_cache_status { default ""; }
`;

function storeText(inactiveS: number): string {
  return `# --- where replies are kept: in memory, since the folder is a tmpfs; a new container begins with none ---
proxy_cache_path ${cacheFolder} levels=2 keys_zone=replies:4m max_size=64m inactive=${inactiveS}s use_temp_path=off;
`;
}

/** The name of an operation as it is in `$operation`, for an expression. */
function expressionOf({ service, name }: TableOperation): string {
  return `${service}[.]${name}`;
}

function requestMaps(cached: readonly TableOperation[]): string {
  const rows = cached.map((operation) => `  "~^${expressionOf(operation)}\\|{6}$" replies;\n`);
  return `# --- which requests it answers ---
# Not one that may be about its caller alone, or about a part or a version of the reply: such a request passes by, in both directions.
map "$operation|$http_authorization|$http_cookie|$http_range|$http_if_match|$http_if_unmodified_since|$refuses_storing" $cache_zone {
  default off;
${rows.join('')}}
map $http_cache_control $refuses_storing {
  default "";
  "~*no-store" 1;
}
# One that asks for a newer reply than a cache may have. The service answers it, and its reply is kept.
map "$http_x_min_versions|$http_pragma|$http_cache_control" $wants_newer {
  default "";
  "~^[^|]" 1;                     # reads its own writes: docs/caching.md
  "~*^\\|[^|]*no-cache" 1;
  "~*\\|[^|]*(?:no-cache|max-age|min-fresh)" 1;
}
`;
}

function replyMaps(cached: readonly TableOperation[]): string {
  const rows = cached.map((one) => `  "~^${expressionOf(one)}\\|${one.cache?.control}$" "";\n`);
  return `# --- which replies it keeps: those with the words of their contract. Whatever else a service says is for its caller alone ---
map "$operation|$upstream_http_cache_control" $is_unlike_contract {
  volatile;
  default 1;
${rows.join('')}}
# Status, Age, Set-Cookie, Vary. A reply of another cache has an age, which nginx does not count; it overlooks a \`*\` in a list.
map "$upstream_status|$upstream_http_age|$upstream_http_set_cookie|$upstream_http_vary" $is_unfit_reply {
  volatile;
  default 1;
  "~^(?:.*[ ,:])?200\\|\\|\\|[^*]*$" "";
}
`;
}

const directives = `# --- how ---
proxy_cache $cache_zone;
proxy_cache_key "$scheme://$host$request_uri";
proxy_cache_bypass $wants_newer;
proxy_no_cache $is_unlike_contract $is_unfit_reply;
# One request for a reply goes to the service, and others wait for it. nginx looks every half second whether it has come. After a
# second they go too: a typed client waits for two.
proxy_cache_lock on;
proxy_cache_lock_timeout 1s;
# Within stale-while-revalidate callers get the old reply, and one request asks for a new one.
proxy_cache_background_update on;
# Stale replies only as the reply itself allows (stale-while-revalidate, stale-if-error): with \`updating\` or \`error\` here nginx
# would use them without end.
proxy_cache_use_stale off;
# A 304 would leave the stored headers as they are, Date among them.
proxy_cache_revalidate off;
# nginx sends no Age. The service's Date in place of the gateway's tells caches how old a reply is (RFC 9111, 4.2.3).
proxy_pass_header Date;
`;

const cacheStatus = `# --- what it has done (RFC 9211) ---
map "$is_unlike_contract$is_unfit_reply" $stored {
  volatile;
  default "";
  "" "; stored";
}
map "$upstream_cache_status $upstream_addr" $gateway_cache_status {
  volatile;
  default "";
  "~^HIT " "parley-gateway; hit";
  "~^(?:STALE|UPDATING) $" 'parley-gateway; hit; detail="stale-while-revalidate"';
  "~^STALE " 'parley-gateway; hit; detail="stale-if-error"';
  "~^MISS " "parley-gateway; fwd=miss$stored";
  "~^EXPIRED " "parley-gateway; fwd=stale$stored";
  "~^BYPASS " "parley-gateway; fwd=request$stored";
}
`;
