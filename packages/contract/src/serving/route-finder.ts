import { CallError } from '../errors/call-error.ts';
import type { Operation } from '../operations/operation.ts';
import { hasDotSegment, hasEmptySegment } from '../paths/dot-segment.ts';
import { pathPattern } from '../paths/path-pattern.ts';
import type { PathTemplate } from '../paths/path-template.ts';

/** Anything that has an operation, for example an operation with the handler that serves it. */
export interface HasOperation {
  readonly operation: Operation;
}

/** The route that takes a request, with the parameters of its path. */
export interface FoundRoute<Route extends HasOperation> {
  readonly route: Route;
  /** Decoded, by name; without a prototype. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The routes of one method. */
interface Table<Route extends HasOperation> {
  readonly byPath: Map<string, FoundRoute<Route>>;
  readonly templates: { readonly route: Route; readonly pattern: RegExp }[];
}

/** Finds the route for a method and a path without query; undefined where no route takes it. */
export type FindRoute<Route extends HasOperation> = (method: string, path: string) => FoundRoute<Route> | undefined;

/**
 * Makes the function that finds the route of a request; HEAD finds the route of GET. A path without parameters is one
 * look into a map. Templates are tried with the most specific first, so that `/visits/latest` is not taken for
 * `/visits/{id}`, whatever the order of the routes.
 *
 * @returns a function that throws CallError `invalid_input` where a parameter is not percent-encoded UTF-8, or holds
 *   `.` or `..` between slashes
 */
export function routeFinder<Route extends HasOperation>(routes: readonly Route[]): FindRoute<Route> {
  const tables = new Map<string, Table<Route>>();
  for (const route of mostSpecificFirst(routes)) {
    const { method, path } = route.operation;
    const table: Table<Route> = tables.get(method) ?? { byPath: new Map(), templates: [] };
    tables.set(method, table);
    if (path.parameters.length > 0) table.templates.push({ route, pattern: pathPattern(path.template) });
    else table.byPath.set(path.template, { route, parameters: Object.create(null) });
  }
  return function findRoute(method, path) {
    const table = tables.get(method === 'HEAD' ? 'GET' : method);
    if (!table) return undefined;
    const exact = table.byPath.get(path);
    if (exact) return exact;
    for (const { route, pattern } of table.templates) {
      const match = pattern.exec(path);
      if (match) return { route, parameters: parametersOf(route.operation.path, match) };
    }
    return undefined;
  };
}

/** Sorts routes: plain text before parameters, and those before all that follows, segment by segment. */
export function mostSpecificFirst<Route extends HasOperation>(routes: readonly Route[]): Route[] {
  const rank = ({ operation }: Route) =>
    operation.path.template.replace(/\{\w+(\*?)\}/g, (_, rest) => (rest ? '\uffff\uffff' : '\uffff'));
  const ranked = routes.map((route) => ({ route, rank: rank(route) }));
  return ranked.sort((a, b) => Number(a.rank > b.rank) - Number(a.rank < b.rank)).map(({ route }) => route);
}

function parametersOf(
  { parameters: names, rest }: PathTemplate,
  [, ...values]: RegExpExecArray,
): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null);
  for (const [index, name] of names.entries()) parameters[name] = decoded(values[index] ?? '');
  if (rest === undefined || !hasEmptySegment(parameters[rest] ?? '')) return parameters;
  throw new CallError('invalid_input', 'Path holds an empty segment, which a gateway takes for another path');
}

function decoded(text: string): string {
  const value = text.includes('%') ? withoutEncoding(text) : text;
  if (!hasDotSegment(value)) return value;
  throw new CallError(
    'invalid_input',
    'Path holds "." or ".." between slashes, which a gateway takes for another path',
  );
}

function withoutEncoding(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CallError('invalid_input', 'Path is not valid percent-encoding');
  }
}
