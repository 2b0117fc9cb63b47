/** The methods of RFC 9110, and PATCH. */
const methods: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE'],
]);

/** A method of HTTP as OpenTelemetry writes it: `_OTHER` for one that is not known, since a client can invent any number of them. */
export function knownMethod(method: string): string {
  return methods.has(method) ? method : '_OTHER';
}
