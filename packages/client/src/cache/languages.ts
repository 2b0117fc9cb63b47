/** What `Accept-Language` of a request asks for. */
export interface AskedLanguages {
  /** The same text for values that mean the same: RFC 9110 §12.5.4 gives the order of languages with the same weight no meaning. */
  readonly form: string;
  /** The one language that its caller prefers to all others; undefined where there are several, or none. */
  readonly preferred: string | undefined;
}

// A language range with its weight, without space, in lower case. RFC 4647 §2.1, RFC 9110 §12.4.2.
const member = /^(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)(?:;q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/;

/**
 * Reads `Accept-Language`. Undefined where a part of it is no language range, or a range is there twice: what that means, a service decides.
 *
 * @param members of the list, in lower case and without space
 */
export function askedLanguages(members: readonly string[]): AskedLanguages | undefined {
  const weights = new Map<string, number>();
  for (const text of members) {
    const [, range, weight = '1'] = member.exec(text) ?? [];
    if (range === undefined || weights.has(range)) return undefined;
    weights.set(range, Number(weight));
  }
  const sorted = [...weights].sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
  const form = sorted.map(([range, weight]) => (weight === 1 ? range : `${range};q=${weight}`)).join(', ');
  return { form, preferred: preferredOf(sorted) };
}

function preferredOf([first, second]: readonly (readonly [string, number])[]): string | undefined {
  if (first === undefined || first[0] === '*' || first[1] === 0 || first[1] === second?.[1]) return undefined;
  return first[0];
}

const tag = /^[a-z]{1,8}(?:-[a-z0-9]{1,8})*$/;

/** The language of a reply, in lower case; undefined where `Content-Language` names none or several. RFC 9110 §8.5. */
export function contentLanguage(field: string | readonly string[] | undefined): string | undefined {
  if (field === undefined) return undefined;
  const language = String(field).trim().toLowerCase();
  return tag.test(language) ? language : undefined;
}
