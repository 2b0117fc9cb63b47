import { CallError, type Operation, type Operations } from '@parley/contract';
import type { RequestHandler } from 'express';
import { pathPattern } from './path-pattern.ts';

/** An operation and what serves it. */
export interface OperationRoute {
  readonly operation: Operation;
  readonly serve: RequestHandler;
}

interface Template extends OperationRoute {
  readonly pattern: RegExp;
}

/** What serves the operations of one method. */
interface Table {
  readonly byPath: Map<string, RequestHandler>;
  readonly templates: Template[];
}

/**
 * Hands a request to the operation that it is for; HEAD to that of GET. A path without parameters is one look into a map;
 * the others are tried in the order given: most specific first. What none takes is passed on.
 */
export function operationRoutes(routes: readonly OperationRoute[]): RequestHandler {
  const tables = new Map<string, Table>();
  for (const route of routes) {
    const { method, path } = route.operation;
    const table: Table = tables.get(method) ?? { byPath: new Map(), templates: [] };
    tables.set(method, table);
    if (path.parameters.length === 0) table.byPath.set(path.template, route.serve);
    else table.templates.push({ ...route, pattern: pathPattern(path.template) });
  }
  return function operationRoutes(req, res, next) {
    const table = tables.get(req.method === 'HEAD' ? 'GET' : req.method);
    if (!table) return next();
    const { path } = req;
    const serve = table.byPath.get(path);
    if (serve) return serve(req, res, next);
    for (const { pattern, serve, operation } of table.templates) {
      const found = pattern.exec(path);
      if (!found) continue;
      req.params = parametersOf(operation.path.parameters, found);
      return serve(req, res, next);
    }
    next();
  };
}

/**
 * The operations with plain text before parameters, so that `/visits/latest` is not taken for
 * `/visits/{id}` whatever the order in the contract: the first that matches is taken.
 */
export function mostSpecificFirst(operations: Operations): [name: string, operation: Operation][] {
  const rank = ({ path }: Operation) => path.template.replace(/\{\w+\}/g, '\uffff');
  const ranked = Object.entries(operations).map((entry) => ({ entry, rank: rank(entry[1]) }));
  return ranked.sort((a, b) => Number(a.rank > b.rank) - Number(a.rank < b.rank)).map(({ entry }) => entry);
}

function parametersOf(names: readonly string[], [, ...values]: RegExpExecArray): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null);
  for (const [index, name] of names.entries()) parameters[name] = decoded(values[index] ?? '');
  return parameters;
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CallError('invalid_input', 'Path is not valid percent-encoding');
  }
}
