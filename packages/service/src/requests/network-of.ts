import { isIPv4, isIPv6 } from 'node:net';

/** What a proxy passes on need not be an address: no more of it than the longest one has. */
const longestAddress = 45;

/**
 * The network that one client can send from, in one spelling: an IPv4 address, also where it comes mapped into IPv6, or
 * the first 64 bits of an IPv6 address, of which a client has all others (RFC 6177, RFC 8981). Loopback is `127.0.0.1` over
 * either. What is no address stays as it is.
 */
export function networkOf(address: string): string {
  if (isIPv4(address)) return address;
  const [plain = ''] = address.toLowerCase().split('%');
  if (!isIPv6(plain)) return address.slice(0, longestAddress);
  const groups = groupsOf(plain);
  const upper = groups.slice(0, 6);
  const [sixth = 0, seventh = 0] = groups.slice(6);
  if (upper.slice(0, 5).every((group) => group === 0)) {
    if (upper[5] === 0xffff) return [sixth >> 8, sixth & 0xff, seventh >> 8, seventh & 0xff].join('.');
    if (upper[5] === 0 && sixth === 0 && seventh === 1) return '127.0.0.1';
  }
  return `${upper
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2). */
function groupsOf(address: string): number[] {
  const [before = '', after] = address.split('::');
  const head = groupsIn(before);
  const tail = groupsIn(after ?? '');
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function groupsIn(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!isIPv4(group)) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
