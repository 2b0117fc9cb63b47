import {
  CallError,
  type Contract,
  type Operation,
  queryParser,
  type ReceivedInput,
  routeFinder,
} from '@parley/contract';
import type { InMemoryRequest } from './in-memory-message.ts';

/** The operation that a request is for, and the parts that its input comes from. */
export interface InMemoryRoute {
  readonly name: string;
  readonly operation: Operation;
  /** @throws CallError `malformed_body`, or `invalid_input` for a query that cannot be read */
  received(): ReceivedInput;
}

// The default of a service's `maxQueryParameters`.
const parseQuery = queryParser({ maxParameters: 256 });

/** Finds the operation of a request as a service does. @throws CallError `not_found` */
export function inMemoryRoutes({ operations }: Contract): (request: InMemoryRequest) => InMemoryRoute {
  const find = routeFinder(Object.entries(operations).map(([name, operation]) => ({ name, operation })));
  return (request) => {
    const [path = '', query = ''] = request.path.split('?', 2);
    const found = find(request.method, path);
    if (!found) throw new CallError('not_found', 'No operation has this path');
    const { headers, body } = request;
    const { parameters } = found;
    const received = () => ({ parameters, query: parseQuery(query), headers, body: parsed(body) });
    return { ...found.route, received };
  };
}

function parsed(body: string | undefined): unknown {
  if (!body) return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new CallError('malformed_body', 'Body is not JSON');
  }
}
