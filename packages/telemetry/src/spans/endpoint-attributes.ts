import { isIP } from 'node:net';
import type { Attributes } from '@opentelemetry/api';

/** What a span says of an endpoint, whichever request goes there. */
interface KnownEndpoint {
  readonly attributes: Attributes;
  /** What goes before the path in `url.full`; none for a socket, which has no URL. */
  readonly origin: string | undefined;
}

/** Characters of a path in a span. */
const longestPath = 1024;

/** Endpoints that are kept: replicas come and go. */
const maxKnown = 1000;
const known = new Map<string, KnownEndpoint>();

/** Where an attempt went: port, address of the replica, and URL without the query. `server.address` is the upstream's name. */
export function endpointAttributes(endpoint: string, path: string): Attributes {
  let found = known.get(endpoint);
  if (!found) {
    found = read(endpoint);
    if (known.size >= maxKnown) known.clear();
    known.set(endpoint, found);
  }
  const { attributes, origin } = found;
  return origin === undefined ? attributes : { ...attributes, 'url.full': origin + path.slice(0, longestPath) };
}

function read(endpoint: string): KnownEndpoint {
  if (endpoint.startsWith('unix:')) {
    const attributes = { 'network.transport': 'unix', 'network.peer.address': endpoint.slice('unix:'.length) };
    return { attributes, origin: undefined };
  }
  if (!URL.canParse(endpoint)) return { attributes: {}, origin: undefined };
  const { protocol, hostname, port, origin } = new URL(endpoint);
  const number = Number(port) || (protocol === 'https:' ? 443 : 80);
  const host = hostname.replace(/^\[|\]$/g, '');
  const peer = isIP(host) ? { 'network.peer.address': host, 'network.peer.port': number } : {};
  return { attributes: { 'server.port': number, ...peer }, origin };
}
