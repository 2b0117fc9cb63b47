import { fileURLToPath } from 'node:url';
import { withoutSecrets } from '@parley/contract';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { type Address, type Discovery, distinct } from './address.ts';
import { dns } from './dns.ts';
import { type DnsResolver, systemDnsResolver } from './dns-resolver.ts';
import { FileDiscovery } from './file.ts';
import { type DiscoveryOptions, type Found, RefreshedDiscovery } from './refreshed.ts';
import { srv } from './srv.ts';
import { unixPath } from './unix-address.ts';

/**
 * Where a service is. One URL or `unix:/path`, or several (a list, or one string with commas); or, standing alone,
 * `dns://name:port` for all addresses of a name, `srv://name` for the servers of its SRV records,
 * `file:/path` for a JSON list of URLs, plain or with zone and weight. `dns+https://` and `srv+https://` for TLS.
 * With `tls`, a list in a file may hold nothing without it.
 *
 * @throws TypeError that says what was expected and what came, without userinfo and query: they may hold a secret
 */
export function discovery(
  where: string | readonly string[],
  options: Current<DiscoveryOptions & Pick<UpstreamOptions, 'tls' | 'clock'>>,
  resolver: DnsResolver = systemDnsResolver(),
): Discovery {
  const { tls, clock } = options.current;
  const texts = (typeof where === 'string' ? where.split(',') : where).map((text) => text.trim());
  const [first] = texts;
  if (first === undefined) throw new TypeError(`expected ${forms}, got an empty list: give one address or more`);
  const alone = texts.find((text) => /^(dns|srv|file)\b/.test(text));
  if (alone === undefined) {
    const whole = String(where); // once: there may be 10 000 addresses
    return fixed(distinct(texts.map((text) => parse(text, whole))));
  }
  if (texts.length > 1) {
    throw new TypeError(
      `a ${alone.split(':')[0]}: address stands alone, got ${texts.length} addresses: leave out the others`,
    );
  }
  if (first.startsWith('file:')) return new FileDiscovery(path(first), tls ? parseTls : parse, clock);
  return new RefreshedDiscovery(lookUp(first, resolver), options, clock);
}

/**
 * Refuses what is no text and no list of texts: a variable of the environment that is not set, for example.
 *
 * @throws TypeError that says what was expected and of which type it is, not its value
 */
export function expectAddresses(where: unknown): void {
  for (const one of Array.isArray(where) ? where : [where]) {
    if (typeof one === 'string') continue;
    throw new TypeError(`expected ${forms}, got ${one === null ? 'null' : typeof one}: set its address`);
  }
}

/**
 * Refuses `tls` for endpoints without TLS: its certificates would protect nothing.
 *
 * @param addresses each one that `discovery` takes
 * @throws TypeError that names the first one that would be called without TLS
 */
export function expectTls(addresses: readonly string[]): void {
  // As URLs are parsed, so that no way to write http: passes.
  const bare = addresses.find((text) => !/^(file|(dns\+|srv\+)?https):$/.test(new URL(text).protocol));
  if (bare === undefined) return;
  const shown = JSON.stringify(withoutSecrets(bare));
  throw new TypeError(
    `tls is for endpoints with https: in their address, got ${shown}: write https:, or leave tls out`,
  );
}

const forms =
  'http://host:port, https://host:port, unix:/path, several of them, dns://name:port, dns+https://name:port, srv://name, ' +
  'srv+https://name, or file:/path';

function fixed(addresses: readonly Address[]): Discovery {
  return { fixed: addresses, addresses: () => addresses, onChange() {}, refresh() {}, close() {} };
}

function lookUp(text: string, resolver: DnsResolver): () => Promise<Found> {
  const url = plain(text);
  const { hostname, port } = url ?? {};
  const [kind, scheme = 'http'] = (url?.protocol.slice(0, -1) ?? '').split('+');
  if (hostname && (scheme === 'http' || scheme === 'https')) {
    if (kind === 'dns' && port) return () => dns(hostname, { scheme, port }, resolver);
    if (kind === 'srv' && !port) return () => srv(hostname, scheme, resolver);
  }
  throw unexpected(text);
}

function path(text: string): string {
  if (!URL.canParse(text) || new URL(text).host || text === 'file:') throw unexpected(text);
  try {
    return fileURLToPath(text);
  } catch {
    throw unexpected(text); // Node's error holds the whole address
  }
}

/** @param whole the list that the text is a part of */
function parse(text: string, whole = text): Address {
  const path = unixPath(text);
  if (path) return { origin: `unix:${path}`, weight: 1 };
  const url = plain(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return { origin: url.origin, weight: 1 };
  throw unexpected(text, whole);
}

function parseTls(text: string): Address {
  const address = parse(text);
  expectTls([text]);
  return address;
}

/** A URL without path, query, fragment and credentials. */
function plain(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && !/[?#]/.test(text) && ['', '/'].includes(url.pathname) && !url.username && !url.password;
  return isPlain ? url : undefined;
}

function unexpected(text: string, whole = text): TypeError {
  const shown = withoutSecrets(text, whole);
  const hint = shown === text ? ': correct the address' : ': an address has no user, password, query or fragment';
  return new TypeError(`expected ${forms}, got ${JSON.stringify(shown)}${hint}`);
}
