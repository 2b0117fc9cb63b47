/** What `Cache-Control` of a reply says, for the rules of a cache. Times are in s; NaN where the value cannot be read. */
export interface ReplyDirectives {
  readonly maxAge: number | undefined;
  readonly sharedMaxAge: number | undefined;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly isPrivate: boolean;
  readonly isPublic: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  /** It does not change while it is fresh. RFC 8246. */
  readonly isImmutable: boolean;
  /** A part of the field is no directive. */
  readonly isMalformed: boolean;
}

/** What `Cache-Control` of a request says. Times are in s. */
export interface RequestDirectives {
  readonly maxAge: number | undefined;
  readonly minFresh: number;
  /** Infinity: however stale. */
  readonly maxStale: number;
  readonly staleIfError: number;
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly onlyIfCached: boolean;
}

type Directives = ReadonlyMap<string, string | undefined>;

interface Parsed {
  readonly directives: Directives;
  readonly isMalformed: boolean;
}

/** RFC 9111 §1.2.2: a larger number of seconds counts as this one. */
const mostSeconds = 2 ** 31;

// One directive: token, and after `=` a token or a quoted string (RFC 9110 §5.6).
const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const directive = new RegExp(`^(${token})(?:=(?:(${token})|"((?:[^"\\\\]|\\\\.)*)"))?$`);

/** Splits a list at commas outside quoted strings. Empty elements are left out (RFC 9110 §5.6.1). */
export function listMembers(text: string): readonly string[] {
  if (!text.includes('"')) return text.split(',').flatMap((part) => part.trim() || []);
  const members: string[] = [];
  let [start, isQuoted] = [0, false];
  for (let at = 0; at <= text.length; at++) {
    const letter = text[at];
    if (isQuoted && letter === '\\') at++;
    else if (letter === '"') isQuoted = !isQuoted;
    else if (at === text.length || (letter === ',' && !isQuoted)) {
      const member = text.slice(start, at).trim();
      if (member) members.push(member);
      start = at + 1;
    }
  }
  const rest = text.slice(start).trim();
  if (rest) members.push(rest); // a backslash ended the text
  return members;
}

function parse(text: string): Parsed {
  const directives = new Map<string, string | undefined>();
  let isMalformed = false;
  for (const member of listMembers(text)) {
    const [, name, plain, quoted] = directive.exec(member) ?? [];
    if (name === undefined) {
      isMalformed = true;
      continue;
    }
    const key = name.toLowerCase();
    const value = plain ?? quoted?.replace(/\\(.)/g, '$1');
    // Two values that differ say nothing (RFC 9111 §4.2.1).
    const isAmbiguous = directives.has(key) && directives.get(key) !== value;
    directives.set(key, isAmbiguous ? '' : value);
  }
  return { directives, isMalformed };
}

/** The number of seconds that a directive names; NaN for anything but digits, none where it is absent. */
function secondsOf(directives: Directives, name: string): number | undefined {
  if (!directives.has(name)) return undefined;
  const value = directives.get(name) ?? '';
  return /^\d+$/.test(value) ? Math.min(Number(value), mostSeconds) : Number.NaN;
}

function allowance(directives: Directives, name: string): number {
  return secondsOf(directives, name) || 0;
}

// Services send few different texts: each is parsed once. Bounded, since a text may have been made for one reply.
const mostKnown = 200;
const longestKnown = 200;
const known = new Map<string, ReplyDirectives>();

/**
 * Reads `Cache-Control` of a reply. Names are case-insensitive. A restriction counts whatever its argument is, so that
 * `private=""` is private and `no-cache="x"` is `no-cache`; a permission (`public`, `immutable`) counts without an argument only. RFC 9111 §5.2.2, RFC 5861.
 */
export function replyDirectives(field: string | readonly string[] | undefined): ReplyDirectives {
  const text = field === undefined ? '' : typeof field === 'string' ? field : field.join(',');
  const before = known.get(text);
  if (before) return before;
  const { directives, isMalformed } = parse(text);
  const read = {
    maxAge: secondsOf(directives, 'max-age'),
    sharedMaxAge: secondsOf(directives, 's-maxage'),
    staleWhileRevalidate: allowance(directives, 'stale-while-revalidate'),
    staleIfError: allowance(directives, 'stale-if-error'),
    noStore: directives.has('no-store'),
    noCache: directives.has('no-cache'),
    isPrivate: directives.has('private'),
    isPublic: directives.has('public') && directives.get('public') === undefined,
    mustRevalidate: directives.has('must-revalidate'),
    proxyRevalidate: directives.has('proxy-revalidate'),
    mustUnderstand: directives.has('must-understand'),
    isImmutable: directives.has('immutable') && directives.get('immutable') === undefined,
    isMalformed,
  };
  if (text.length > longestKnown) return read;
  if (known.size >= mostKnown) known.clear();
  known.set(text, read);
  return read;
}

const nothingAsked: RequestDirectives = {
  maxAge: undefined,
  minFresh: 0,
  maxStale: 0,
  staleIfError: 0,
  noStore: false,
  noCache: false,
  onlyIfCached: false,
};

/** Reads `Cache-Control` of a request, and `Pragma: no-cache` where there is none. RFC 9111 §5.2.1 and §5.4. */
export function requestDirectives(field: string | undefined, pragma: string | undefined): RequestDirectives {
  if (field === undefined && pragma === undefined) return nothingAsked;
  const { directives } = parse(field ?? pragma ?? '');
  if (field === undefined) return { ...nothingAsked, noCache: directives.has('no-cache') };
  const isAnyStale = directives.has('max-stale') && directives.get('max-stale') === undefined;
  return {
    maxAge: secondsOf(directives, 'max-age'),
    minFresh: allowance(directives, 'min-fresh'),
    maxStale: isAnyStale ? Number.POSITIVE_INFINITY : allowance(directives, 'max-stale'),
    staleIfError: allowance(directives, 'stale-if-error'),
    noStore: directives.has('no-store'),
    noCache: directives.has('no-cache'),
    onlyIfCached: directives.has('only-if-cached'),
  };
}
