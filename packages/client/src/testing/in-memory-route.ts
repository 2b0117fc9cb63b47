import { parse } from 'node:querystring';
import { CallError, type Contract, decodeInput, type Operation } from '@parley/contract';
import type { InMemoryRequest } from './in-memory-message.ts';

/** The operation that a request is for, and where its input is. */
export interface InMemoryRoute {
  readonly name: string;
  readonly operation: Operation;
  /** The flat input, before its schema has seen it. @throws CallError `malformed_body` */
  input(): unknown;
}

/** Finds the operation of a request, plain text before parameters. @throws CallError `not_found` */
export function inMemoryRoutes({ operations }: Contract): (request: InMemoryRequest) => InMemoryRoute {
  const rank = ({ path }: Operation) => path.template.replace(/\{\w+\}/g, '\uffff');
  const routes = Object.entries(operations)
    .map(([name, operation]) => ({ name, operation, rank: rank(operation), pattern: patternOf(operation) }))
    .toSorted((a, b) => Number(a.rank > b.rank) - Number(a.rank < b.rank));
  return (request) => {
    const [path = '', query = ''] = request.path.split('?', 2);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    for (const { name, operation, pattern } of routes) {
      const match = operation.method === method ? pattern.exec(path) : null;
      if (match) return { name, operation, input: () => inputOf(operation, request, match.groups ?? {}, query) };
    }
    throw new CallError('not_found', 'No operation has this path');
  };
}

function patternOf({ path }: Operation): RegExp {
  return new RegExp(`^${path.template.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
}

function inputOf(
  operation: Operation,
  { headers, body }: InMemoryRequest,
  segments: Record<string, string>,
  query: string,
): unknown {
  const parameters = Object.fromEntries(
    Object.entries(segments).map(([name, segment]) => [name, decodeURIComponent(segment)]),
  );
  return decodeInput(operation, { parameters, query: { ...parse(query) }, headers, body: parsed(body) });
}

function parsed(body: string | undefined): unknown {
  if (!body) return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new CallError('malformed_body', 'Body is not JSON');
  }
}
