/** Members that are handed on, as W3C Baggage asks for at least. */
const maxMembers = 64;

/** Characters of all members together, with the commas between them. */
const maxLength = 8192;

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const value = '[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*';
const space = '[ \\t]*';
const member = new RegExp(
  `^${token}${space}=${space}${value}(?:${space};${space}${token}(?:${space}=${space}${value})?)*$`,
);

/**
 * Reads a `baggage` header by W3C Baggage: members in their order, without spaces between them. Malformed members are left out,
 * and those beyond 64 members or 8192 characters.
 *
 * @returns undefined if no member is left
 */
export function parseBaggage(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const given = typeof header === 'string' ? header : header.join(',');
  const members: string[] = [];
  let length = 0;
  for (const text of given.split(',', maxMembers * 2)) {
    const one = text.trim();
    if (!member.test(one)) continue;
    length += one.length + 1;
    if (members.length === maxMembers || length - 1 > maxLength) break;
    members.push(one);
  }
  return members.join(',') || undefined;
}
