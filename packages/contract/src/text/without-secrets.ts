const scheme = /^(?:[a-z][a-z\d+.-]*:\/\/|(?:https?|unix|file):\/?)/i;

/**
 * Removes from an address the parts that may be secret, so that an error can show it: userinfo, query and fragment. In text
 * that is not an address, it removes everything before an `@`, and a port that is not a number. `…` marks a removed part.
 *
 * @param whole the list that the address is a part of: a password may hold the comma that separates the list
 * @example
 * withoutSecrets('http://user:password@greetings:3000?token=1') // 'http://…'
 * withoutSecrets('http://user:password@greetings:3000') // 'http://…@greetings:3000'
 */
export function withoutSecrets(text: string, whole: string = text): string {
  const [start = ''] = scheme.exec(text) ?? [];
  const rest = text.slice(start.length);
  const at = rest.lastIndexOf('@');
  const query = rest.search(/[?#]/);
  // A password may hold any of these, and so may a query: the parts are ambiguous.
  if ((at >= 0 && query >= 0) || (at < 0 && whole.includes('@'))) return `${start}…`;
  if (at >= 0) return `${start}…@${rest.slice(at + 1)}`;
  const plain = query < 0 ? rest : `${rest.slice(0, query + 1)}…`;
  return start + plain.replace(/^([^:/[\]]*):(?!\d*(?:[/?#]|$))[^/]*/, '$1:…');
}
