const pool = new Uint8Array(4096);
let used = pool.length;

/** The two hex digits of each byte. */
const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * An id of this many random bytes, as hex digits; never all zeros, which W3C Trace Context has no use for. Random as
 * `crypto.getRandomValues` is, which Node, browsers and workers have.
 */
export function randomHex(bytes: number): string {
  const start = take(bytes);
  let id = '';
  for (let at = start; at < start + bytes; at++) id += digits[pool[at] as number];
  return /^0+$/.test(id) ? randomHex(bytes) : id;
}

/**
 * A random UUID (RFC 9562, version 4). Pages without TLS have no `crypto.randomUUID`.
 */
export function randomUuid(): string {
  const hex = randomHex(16);
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

// One call of the system's generator serves many ids: a call of its own for each would cost more than the rest of a trace.
function take(bytes: number): number {
  if (used + bytes > pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}
