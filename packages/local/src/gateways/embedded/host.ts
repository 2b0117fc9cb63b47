const longest = 255 + ':65535'.length;
const written = /^([\w.~!$&'()*+,;=%-]+|\[[0-9a-f:.]+\])(:\d*)?$/i;

/**
 * The host that a Host header names, as nginx' `$host`: lower case, without port and final dot. Undefined where it
 * cannot be one: empty, longer than DNS allows, or anything else than RFC 3986 §3.2.2 has.
 */
export function hostIn(header: string): string | undefined {
  if (header.length > longest || header.includes('..')) return undefined;
  return written.exec(header)?.[1]?.replace(/\.$/, '').toLowerCase() || undefined;
}
