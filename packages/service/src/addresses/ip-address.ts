import { isIPv4, isIPv6 } from 'node:net';

/** `[address]:port`, `[address]` and `1.2.3.4:port`, as some proxies write addresses. */
const withPort = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/;

/**
 * The one form of an IP address, whatever form a socket or a proxy gives it: IPv4 (also where it is mapped into IPv6), or
 * IPv6 in lower case with `::`. Port, brackets and zone id are left out.
 *
 * @returns undefined if the text is no address
 */
export function ipAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const trimmed = text.trim();
  const [, inBrackets, before] = withPort.exec(trimmed) ?? [];
  const [plain = ''] = (inBrackets ?? before ?? trimmed).split('%');
  if (isIPv4(plain)) return plain;
  if (!isIPv6(plain)) return undefined;
  const groups = groupsOf(plain);
  const [sixth = 0, seventh = 0] = groups.slice(6);
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (isMapped) return [sixth >> 8, sixth & 0xff, seventh >> 8, seventh & 0xff].join('.');
  return new URL(`http://[${plain}]`).hostname.slice(1, -1);
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2). */
export function groupsOf(address: string): readonly number[] {
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
