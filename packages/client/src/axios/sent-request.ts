/** What code reads of `response.request`: the last request that was sent, after redirects. Holds no header and no body. */
export class SentRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly #origin: string;

  /** @param endpoint its address, for example `http://10.0.0.7:3000` or `unix:/path` */
  constructor(method: string, path: string, endpoint: string) {
    this.method = method;
    this.path = path;
    this.#origin = endpoint.startsWith('unix:') ? 'http://localhost' : endpoint;
  }

  /** With its colon: `http:`. */
  get protocol(): string {
    return new URL(this.#origin).protocol;
  }

  /** Without the port, as Node has it. */
  get host(): string {
    return new URL(this.#origin).hostname;
  }

  /** Holds the URL that answered, as axios' own adapter has it on Node. */
  get res(): { readonly responseUrl: string } {
    return { responseUrl: this.#origin + this.path };
  }
}
