/** An operation as OpenTelemetry names it. */
export interface NamedOperation {
  /** `GET /api/greetings/{language}`, or the method alone where no route is known. */
  readonly name: string;
  /** A method of HTTP, or `_OTHER`: a client can invent any number of them. */
  readonly method: string;
  /** Path template. */
  readonly route: string | undefined;
}

/** The methods of RFC 9110 and PATCH. */
const methods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'CONNECT',
  'TRACE',
]);

/** Labels that are kept: an application has a few hundred, but a call by `parleyAdapter` has its own path. */
const maxKnown = 1000;
const known = new Map<string, NamedOperation>();

/** Names the operation of a label, `GET /api/greetings/{language}`. Made once per label. */
export function operationOf(label: string): NamedOperation {
  const found = known.get(label);
  if (found) return found;
  const space = label.indexOf(' ');
  const given = label.slice(0, space);
  const isKnown = methods.has(given);
  const route = label.slice(space + 1);
  const method = isKnown ? given : '_OTHER';
  const operation = { name: `${isKnown ? given : 'HTTP'} ${route}`, method, route };
  if (known.size >= maxKnown) known.clear();
  known.set(label, operation);
  return operation;
}

/** The same for a request that no operation and no route took: its path is not in the name, since a client may invent any. */
export function unknownOperation(method: string): NamedOperation {
  return methods.has(method)
    ? { name: method, method, route: undefined }
    : { name: 'HTTP', method: '_OTHER', route: undefined };
}
