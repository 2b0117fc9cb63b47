import { isIPv6 } from 'node:net';

/**
 * The network that one client can send from, as nginx' `$client_network`: an IPv4 address, mapped into IPv6 or not, or the
 * first 64 bits of an IPv6 address, of which a client has all others (RFC 6177). A text that is no IPv6 address stays as it is.
 */
export function clientNetwork(address: string): string {
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return address;
  // The URL parser writes an address in one way only, without IPv4 in it.
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  const numbers = groups.map((group) => Number.parseInt(group, 16));
  const isMapped = numbers.slice(0, 5).every((number) => number === 0) && numbers[5] === 0xffff;
  if (!isMapped) return groups.slice(0, 4).join(':');
  return numbers
    .slice(6)
    .flatMap((number) => [number >> 8, number & 255])
    .join('.');
}
