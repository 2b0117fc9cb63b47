import { headerNames, ownMember } from '@parley/contract';
import type { ReplyHeaders } from '../transport/reply.ts';
import { type AskedLanguages, askedLanguages, contentLanguage } from './languages.ts';

type Headers = Readonly<Record<string, string | undefined>>;

/** The request headers that a reply was chosen by, with their values as they were then. For `accept-language` the language that came, too. */
export type Selection = readonly (readonly [name: string, value: string | undefined, language?: string | undefined])[];

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
export function selectionOf(reply: ReplyHeaders, request: Headers): Selection | undefined {
  return varyNames(reply.vary)?.map((name) => {
    const value = normalized(name, ownMember(request, name));
    return name === languageField ? [name, value, contentLanguage(reply['content-language'])] : [name, value];
  });
}

/** Whether a request would have been answered with the same reply, or with one that its caller likes as much. */
export function isSelected(selection: Selection, request: Headers): boolean {
  for (const [name, value, language] of selection) {
    const given = ownMember(request, name);
    if (given === value || normalized(name, given) === value) continue;
    // There is nothing better than the one language that the caller prefers to all others.
    if (language === undefined || given === undefined || languagesOf(given)?.preferred !== language) return false;
  }
  return true;
}

// Names of codings, charsets and languages are case-insensitive; a parameter of `Accept` may not be (RFC 9110 §8.3.1, §12.5).
const caseless = new Set(['accept-charset', 'accept-encoding', 'accept-language']);

const languageField = 'accept-language';

/**
 * One form for values that surely mean the same. The order of members stays, except for languages: many services take the first coding or type for the
 * preferred one (RFC 9110 §12.5.4).
 */
function normalized(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.includes('"')) return value.trim(); // a comma may be part of a quoted text
  if (name === languageField) return languagesOf(value)?.form ?? plainForm(name, value);
  return plainForm(name, value);
}

function plainForm(name: string, value: string): string {
  if (name !== 'accept' && !caseless.has(name)) {
    return value
      .split(',')
      .map((member) => member.trim())
      .join(', ');
  }
  return preferences(name, value).join(', ');
}

function preferences(name: string, value: string): readonly string[] {
  const members = value.split(',').map(withoutSpace).filter(Boolean);
  return caseless.has(name) ? members.map((member) => member.toLowerCase()) : members;
}

// Callers send few different values: each is read once. Bounded, since a value may have been made for one request.
const mostKnown = 200;
const longestKnown = 200;
const known = new Map<string, AskedLanguages | undefined>();

function languagesOf(value: string): AskedLanguages | undefined {
  if (known.has(value)) return known.get(value);
  const asked = askedLanguages(preferences(languageField, value));
  if (value.length > longestKnown) return asked;
  if (known.size >= mostKnown) known.clear();
  known.set(value, asked);
  return asked;
}

/** Without the space around it, `;` and `=`. Not by one expression: it would take time with the square of a run of spaces. */
function withoutSpace(member: string): string {
  const parts = member.split(/([;=])/);
  return parts.map((part) => part.trim()).join('');
}
