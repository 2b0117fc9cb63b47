import { groupsOf, ipAddress } from './ip-address.ts';

/** The longest address has this number of characters. A text that is no address is cut to it. */
const longestAddress = 45;

/**
 * The network that one client can send from: an IPv4 address, or the first 64 bits of an IPv6 address, of which a client
 * has all others (RFC 6177, RFC 8981). Loopback is `127.0.0.1` over either. A text that is no address stays as it is.
 */
export function networkOf(text: string): string {
  const address = ipAddress(text);
  if (address === undefined) return text.slice(0, longestAddress);
  if (!address.includes(':')) return address;
  if (address === '::1') return '127.0.0.1';
  const groups = groupsOf(address).slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}
