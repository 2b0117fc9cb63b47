type Headers = Readonly<Record<string, string>>;

/** Request headers that tell who asks. */
const standardNames = [
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-api-key',
  'api-key',
  'x-auth-token',
  'x-access-token',
];

/** Finds out who asks, by the headers of a request. */
export class Credentials {
  readonly #names: readonly string[];

  /** @param further names of headers that tell who asks, beside the usual ones */
  constructor(further: readonly string[]) {
    this.#names = [...new Set([...standardNames, ...further.map((name) => name.toLowerCase())])];
  }

  /** One text for one caller; empty for a request without credentials. */
  of(headers: Headers): string {
    let text = '';
    for (const name of this.#names) {
      const value = headers[name];
      if (value !== undefined) text += `${name}\n${value.length}\n${value}\n`;
    }
    return text;
  }

  /** Whether a request has any. */
  areIn(headers: Headers): boolean {
    for (const name of this.#names) if (headers[name] !== undefined) return true;
    return false;
  }
}
