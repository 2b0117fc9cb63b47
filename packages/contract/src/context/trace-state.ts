/** Characters of a `tracestate` that are handed on: what W3C Trace Context §3.3.1.5 asks for at least. */
const maxLength = 512;

/** Members of a list (§3.3.1.1). */
const maxMembers = 32;

/** Where a list is too long, members beyond this length go first (§3.3.1.5). */
const longMember = 128;

const member = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * Reads a `tracestate` header by W3C Trace Context level 2 §3.3: members in their order, without spaces between them and
 * without empty ones. Of a list beyond 512 characters, members beyond 128 characters are left out first, then the oldest:
 * those at the end.
 *
 * @returns undefined if a member is malformed, or if there are more than 32: then none can be trusted
 */
export function parseTracestate(header: string | undefined): string | undefined {
  if (!header) return undefined;
  const members: string[] = [];
  for (let start = 0; start <= header.length; ) {
    const comma = header.indexOf(',', start);
    const end = comma === -1 ? header.length : comma;
    const text = header.slice(start, end).trim();
    start = end + 1;
    if (text === '') continue;
    if (members.length === maxMembers || !member.test(text)) return undefined;
    members.push(text);
  }
  if (header.length > maxLength) shorten(members);
  return members.join(',') || undefined;
}

function shorten(members: string[]): void {
  for (let excess = members.join(',').length - maxLength; excess > 0; ) {
    const long = members.findLastIndex((text) => text.length > longMember);
    const [leftOut = ''] = members.splice(long, 1); // -1 is the last one
    excess -= leftOut.length + 1;
  }
}
