import { CallError } from '../errors/call-error.ts';
import { randomUuid } from '../random/random-ids.ts';

/** Characters of the longest key. */
const maxLength = 255;
/** Length of a header in which each character of the key is escaped, quotes included. Longer headers are not read. */
const maxHeaderLength = 2 * maxLength + 2;
const printableAscii = /^[\x20-\x7e]{1,255}$/;
// A string of RFC 8941 §3.3.3, as the draft has it.
const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
// What people type at a terminal. No comma, which Node puts between two headers of one name.
const bare = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/**
 * Writes the header `Idempotency-Key`: the key as a quoted string (RFC 8941 §3.3.3,
 * draft-ietf-httpapi-idempotency-key-header-07). Without a key it makes a new one.
 *
 * @throws TypeError where the key is not 1 to 255 characters of printable ASCII
 */
export function idempotencyKeyHeader(key: string = randomUuid()): string {
  if (typeof key !== 'string' || !printableAscii.test(key)) {
    throw new TypeError(`idempotencyKey must be 1 to 255 characters of printable ASCII, not ${JSON.stringify(key)}`);
  }
  return `"${key.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * Reads the header `Idempotency-Key`, quoted (`"a b"`) or bare (`a-b`), and gives the key. Undefined without a header.
 *
 * @throws CallError `invalid_input` where the header is neither, empty, or its key is longer than 255 characters
 */
export function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (header.length > maxHeaderLength) throw notValid();
  const key = quoted.exec(header)?.[1]?.replace(/\\(.)/g, '$1') ?? bare.exec(header)?.[0] ?? '';
  if (key !== '' && key.length <= maxLength) return key;
  throw notValid();
}

function notValid(): CallError {
  const message = `must be "…" with 1 to ${maxLength} printable ASCII characters`;
  const issues = [{ path: 'Idempotency-Key', message }];
  return new CallError('invalid_input', 'Idempotency-Key is not valid', { issues });
}
