import { randomUUID } from 'node:crypto';

const printableAscii = /^[\x20-\x7e]{1,255}$/;

/**
 * An `Idempotency-Key` as its header says it: a string of RFC 8941 §3.3.3, in quotes, as
 * draft-ietf-httpapi-idempotency-key-header-07 wants it. Without a key, a new one.
 *
 * @throws TypeError where the key is not 1 to 255 characters of printable ASCII
 */
export function idempotencyKeyHeader(key: string = randomUUID()): string {
  if (typeof key !== 'string' || !printableAscii.test(key)) {
    throw new TypeError(`idempotencyKey must be 1 to 255 characters of printable ASCII, not ${JSON.stringify(key)}`);
  }
  return `"${key.replace(/["\\]/g, '\\$&')}"`;
}
