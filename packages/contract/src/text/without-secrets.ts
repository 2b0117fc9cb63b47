const scheme = /^(?:[a-z][a-z\d+.-]*:\/\/|(?:https?|unix|file):\/?)/i;

/**
 * Takes out of an address what may be a secret, so that an error can show it: userinfo, query and fragment. Of text that
 * is no address, everything before an `@` goes, and what stands where the port should be. `…` marks what is left out.
 *
 * @param whole what the text is a part of, for a list of addresses: a password may hold the comma that they are split by
 * @example
 * withoutSecrets('http://user:password@greetings:3000?token=1') // 'http://…'
 * withoutSecrets('http://user:password@greetings:3000') // 'http://…@greetings:3000'
 */
export function withoutSecrets(text: string, whole: string = text): string {
  const [start = ''] = scheme.exec(text) ?? [];
  const rest = text.slice(start.length);
  const at = rest.lastIndexOf('@');
  const query = rest.search(/[?#]/);
  // A password may hold any of these, and so may a query: the parts cannot be told apart.
  if ((at >= 0 && query >= 0) || (at < 0 && whole.includes('@'))) return `${start}…`;
  if (at >= 0) return `${start}…@${rest.slice(at + 1)}`;
  const plain = query < 0 ? rest : `${rest.slice(0, query + 1)}…`;
  return start + plain.replace(/^([^:/[\]]*):(?!\d*(?:[/?#]|$))[^/]*/, '$1:…');
}
