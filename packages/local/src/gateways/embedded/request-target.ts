/** What a request asks for. RFC 9112 §3.2. */
export interface RequestTarget {
  /** In origin form: `/path?query`. */
  readonly target: string;
  /** With its port, from a target in absolute form, where it counts and the Host header does not. */
  readonly authority: string | undefined;
}

const absolute = /^[a-z][a-z0-9+.-]*:\/\/((?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d*)?)(?![^/?])(.*)$/is;

/** Takes a request's target apart, in the two forms that a gateway takes; undefined for any other (`*`, `host:port`). */
export function requestTarget(url: string): RequestTarget | undefined {
  if (url.startsWith('/')) return { target: url, authority: undefined };
  const [, authority, rest = ''] = absolute.exec(url) ?? [];
  if (!authority) return undefined;
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority };
}
