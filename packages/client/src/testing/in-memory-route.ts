import {
  CallError,
  type Content,
  type Contract,
  content,
  type Operation,
  queryParser,
  type ReceivedInput,
  requestBody,
  routeFinder,
  safeFileName,
} from '@parley/contract';
import type { InMemoryRequest } from './in-memory-message.ts';

/** The operation that a request is for, and the parts that its input comes from. */
export interface InMemoryRoute {
  readonly name: string;
  readonly operation: Operation;
  /** @throws CallError `malformed_body`, or `invalid_input` for a query that cannot be read */
  received(): Promise<ReceivedInput>;
}

// The default of a service's `maxQueryParameters`.
const parseQuery = queryParser({ maxParameters: 256 });

/** Finds the operation of a request as a service does. @throws CallError `not_found` */
export function inMemoryRoutes({ operations }: Contract): (request: InMemoryRequest) => InMemoryRoute {
  const find = routeFinder(Object.entries(operations).map(([name, operation]) => ({ name, operation })));
  return (request) => {
    // A query may hold a question mark of its own (RFC 3986 §3.4).
    const [path = '', ...queries] = request.path.split('?');
    const query = queries.join('?');
    const found = find(request.method, path);
    if (!found) throw new CallError('not_found', 'No operation has this path');
    const { headers } = request;
    const { parameters } = found;
    const received = async () => ({
      ...{ parameters, query: parseQuery(query), headers },
      body: await bodyOf(found.route.operation, request),
    });
    return { ...found.route, received };
  };
}

async function bodyOf(operation: Operation, { headers, body = '' }: InMemoryRequest): Promise<unknown> {
  const source = typeof body === 'string' ? Buffer.from(body) : body;
  const received = content(source, { type: headers['content-type'] ?? '' });
  const { format = 'json' } = requestBody(operation) ?? {};
  if (format === 'bytes') return received;
  if (format === 'multipart') return fieldsOf(await formOf(received));
  const text = await received.text();
  if (format === 'form') return parseQuery(text);
  return format === 'text' ? text : parsed(text);
}

async function formOf(received: Content): Promise<FormData> {
  try {
    const headers = { 'content-type': received.type };
    return await new Response((await received.bytes()) as Uint8Array<ArrayBuffer>, { headers }).formData();
  } catch (cause) {
    throw new CallError('malformed_body', 'Body is no form', { cause });
  }
}

/** By name; a name that comes several times has a list. */
function fieldsOf(form: FormData): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null);
  for (const name of new Set(form.keys())) {
    const values = form.getAll(name).map((value) => (value instanceof File ? renamed(value) : value));
    fields[name] = values.length > 1 ? values : values[0];
  }
  return fields;
}

/** As a service names it. */
function renamed(file: File): File {
  return new File([file], safeFileName(file.name) ?? '', { type: file.type });
}

function parsed(body: string): unknown {
  if (!body) return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new CallError('malformed_body', 'Body is not JSON');
  }
}
