import { CallError } from '@parley/contract';

const maxLength = 255;
/** A header in which each character of the key is escaped, and its quotes. Longer ones are not read. */
const maxHeaderLength = 2 * maxLength + 2;
// A string of RFC 8941 §3.3.3, as the draft has it.
const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
// What people type at a terminal. No comma, which Node puts between two headers of one name.
const bare = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/**
 * The key that the header `Idempotency-Key` names: `"a b"` (draft-ietf-httpapi-idempotency-key-header-07) or plain `a-b`.
 * Nothing where there is no header.
 *
 * @throws CallError `invalid_input` where it is neither, empty, or longer than 255 characters
 */
export function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (header.length > maxHeaderLength) throw notValid();
  const key = quoted.exec(header)?.[1]?.replace(/\\(.)/g, '$1') ?? bare.exec(header)?.[0] ?? '';
  if (key !== '' && key.length <= maxLength) return key;
  throw notValid();
}

function notValid(): CallError {
  return wrongKey('Idempotency-Key is not valid', `must be "…" with 1 to ${maxLength} printable ASCII characters`);
}

/** The error of a request that has no key where one is required. */
export function missingKey(): CallError {
  return wrongKey(
    'Idempotency-Key is missing',
    'is required: a value of your own, the same each time you send this again',
  );
}

function wrongKey(detail: string, message: string): CallError {
  return new CallError('invalid_input', detail, { issues: [{ path: 'Idempotency-Key', message }] });
}
