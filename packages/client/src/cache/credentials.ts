type Headers = Readonly<Record<string, string>>;

/** What the name of a request header says about the caller. */
type Meaning = 'nothing' | 'credential' | 'not lower case';

/** A header tells who asks where one of the words of its name is of these: `x-goog-api-key`, `x-forwarded-user`. */
const words = new Set([
  ...['auth', 'authorization', 'authentication', 'token', 'key', 'apikey', 'secret', 'password', 'jwt', 'signature'],
  ...['cookie', 'cookies', 'session', 'sessionid', 'sid', 'credential', 'credentials', 'cert', 'certificate'],
  ...['customer', 'org', 'organization', 'workspace', 'subject', 'actor'],
  ...['user', 'userid', 'username', 'email', 'tenant', 'account', 'principal', 'identity'],
]);
/** Names with such a word that say nothing of the caller. */
const others = new Set(['user-agent', 'idempotency-key', 'host']);

/** A service knows few names of headers. Bounded, since a name may have been made up for one request. */
const mostKnown = 1000;
const longestKnown = 100;

/** Finds out who asks, by the headers of a request. */
export class Credentials {
  readonly #further: ReadonlySet<string>;
  readonly #known = new Map<string, Meaning>();

  /** @param further names of headers that tell who asks, beside those whose names say so */
  constructor(further: readonly string[]) {
    this.#further = new Set(further.map((name) => name.toLowerCase()));
  }

  /** One text for one caller; empty for a request without credentials, and undefined where a name is not in lower case: it could be any. */
  of(headers: Headers): string | undefined {
    let found: string[] | undefined;
    for (const name of Object.keys(headers)) {
      const meaning = this.#meaningOf(name);
      if (meaning === 'not lower case') return undefined;
      if (meaning === 'nothing') continue;
      const value = String(headers[name]);
      found ??= [];
      found.push(`${name}\n${value.length}\n${value}\n`);
    }
    return found === undefined ? '' : found.sort().join('');
  }

  #meaningOf(name: string): Meaning {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const meaning = name === name.toLowerCase() ? this.#meaningOfLowerCase(name) : 'not lower case';
    if (name.length > longestKnown) return meaning;
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(name, meaning);
    return meaning;
  }

  #meaningOfLowerCase(name: string): Meaning {
    const isCredential = !others.has(name) && name.split(/[-_.]/).some((word) => words.has(word));
    return isCredential || this.#further.has(name) ? 'credential' : 'nothing';
  }
}
