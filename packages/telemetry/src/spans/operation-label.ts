import { knownMethod } from '@parley/contract';

/** An operation as OpenTelemetry names it. */
export interface NamedOperation {
  /** `GET /api/greetings/{language}`, or the method alone where no route is known. */
  readonly name: string;
  /** A method of HTTP, or `_OTHER`: a client can invent any number of them. */
  readonly method: string;
  /** Path template. */
  readonly route: string | undefined;
}

/** Labels that are kept: an application has a few hundred, but a call by `parleyAdapter` has its own path. */
const maxKnown = 1000;
const known = new Map<string, NamedOperation>();

/** Names the operation of a label, `GET /api/greetings/{language}`. Made once per label. */
export function operationOf(label: string): NamedOperation {
  const found = known.get(label);
  if (found) return found;
  const space = label.indexOf(' ');
  const route = label.slice(space + 1);
  const { name, method } = unknownOperation(label.slice(0, space));
  const operation = { name: `${name} ${route}`, method, route };
  if (known.size >= maxKnown) known.clear();
  known.set(label, operation);
  return operation;
}

/** The same for a request that no operation and no route took: its path is not in the name, since a client may invent any. */
export function unknownOperation(method: string): NamedOperation {
  const known = knownMethod(method);
  return { name: known === method ? method : 'HTTP', method: known, route: undefined };
}
