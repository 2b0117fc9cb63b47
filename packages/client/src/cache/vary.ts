import { headerNames, ownMember } from '@parley/contract';

type Headers = Readonly<Record<string, string | undefined>>;

/** The request headers that a reply was chosen by, with their values as they were then. */
export type Selection = readonly (readonly [name: string, value: string | undefined])[];

/** Layers below the cache set them for each attempt: their values are not known here. */
const ofAttempts: readonly string[] = [
  headerNames.timeoutMs,
  headerNames.attemptsLeft,
  headerNames.minVersions,
  headerNames.explain,
];

/** Names in lower case; undefined where no later request can match: the field holds `*`, or a header of the attempt. */
function varyNames(field: string | readonly string[] | undefined): readonly string[] | undefined {
  if (field === undefined) return [];
  const names = String(field)
    .split(',')
    .flatMap((name) => name.trim().toLowerCase() || []);
  return names.some((name) => name === '*' || ofAttempts.includes(name)) ? undefined : [...new Set(names)];
}

/** What `Vary` of a reply says of the request that it answers; undefined where none can match it, as for `Vary: *`. RFC 9111 §4.1. */
export function selectionOf(field: string | readonly string[] | undefined, request: Headers): Selection | undefined {
  const names = varyNames(field);
  return names?.map((name) => [name, normalized(name, ownMember(request, name))] as const);
}

/** Whether a request would have been answered with the same reply. */
export function isSelected(selection: Selection, request: Headers): boolean {
  for (const [name, value] of selection) {
    const given = ownMember(request, name);
    if (given !== value && normalized(name, given) !== value) return false;
  }
  return true;
}

// Names of codings, charsets and languages are case-insensitive; a parameter of `Accept` may not be (RFC 9110 §8.3.1, §12.5).
const caseless = new Set(['accept-charset', 'accept-encoding', 'accept-language']);

/**
 * One form for values that surely mean the same. The order of members stays: many services take the first one for the preferred one
 * (RFC 9110 §12.5.4).
 */
function normalized(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.includes('"')) return value.trim(); // a comma may be part of a quoted text
  const members = value.split(',').map((member) => member.trim());
  if (name !== 'accept' && !caseless.has(name)) return members.join(', ');
  const spaced = members.filter(Boolean).map(withoutSpace);
  return spaced.map((member) => (caseless.has(name) ? member.toLowerCase() : member)).join(', ');
}

/** Without the space around `;` and `=`. Not by one expression: it would take time with the square of a run of spaces. */
function withoutSpace(member: string): string {
  const parts = member.split(/([;=])/);
  return parts.map((part) => part.trim()).join('');
}
