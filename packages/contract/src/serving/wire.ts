import { CallError } from '../errors/call-error.ts';
import type { Operation } from '../operations/operation.ts';

/** The parts of a request that an operation's input is spread over. */
export interface WireInput {
  readonly path: string;
  readonly headers: Record<string, string>;
  /** JSON text. */
  readonly body: string | undefined;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Spreads a flat input over path, query, headers and body.
 *
 * @throws CallError `invalid_input` where a member cannot travel where it belongs (for example an object in a query)
 */
export function encodeInput(operation: Operation, input: Members = {}): WireInput {
  const { path, requestHeaders, rest } = operation;
  const headers: Record<string, string> = {};
  for (const [member, header] of requestHeaders) {
    const value = input[member];
    if (value !== undefined) headers[header] = headerValue(member, scalar(member, value));
  }
  const isElsewhere = (member: string) =>
    path.parameters.includes(member) || requestHeaders.some(([bound]) => bound === member);
  const remaining = Object.entries(input).filter(([member]) => !isElsewhere(member));
  if (rest === 'body') {
    return { path: path.build(input), headers, body: operation.input && JSON.stringify(Object.fromEntries(remaining)) };
  }
  const query = encodeQuery(remaining);
  return { path: path.build(input) + (query && `?${query}`), headers, body: undefined };
}

function encodeQuery(members: [string, unknown][]): string {
  if (members.length === 0) return '';
  const query = new URLSearchParams();
  for (const [member, value] of members) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(member, scalar(member, one));
  }
  return query.toString();
}

function scalar(member: string, value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (['string', 'number', 'boolean', 'bigint'].includes(typeof value)) return String(value);
  throw new CallError('invalid_input', `${member} cannot travel in a query or header`, {
    issues: [{ path: member, message: 'must be a string, number, boolean or date' }],
  });
}

// Other characters make the transport refuse the request or, worse, end the header early.
function headerValue(member: string, value: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw new CallError('invalid_input', `${member} cannot travel in a header`, {
    issues: [{ path: member, message: 'must hold printable Latin-1 characters only' }],
  });
}

/** The parts of a request as a server has them. Header names in lower case. */
export interface ReceivedInput {
  readonly parameters: Members;
  readonly query: Members;
  readonly headers: Members;
  readonly body: unknown;
}

/** Puts the flat input together again. A body that is not an object is returned as it is: the schema reports what is wrong. */
export function decodeInput(operation: Operation, received: ReceivedInput): unknown {
  const { parameters, headers } = received;
  const rest = operation.rest === 'query' ? received.query : received.body;
  if (typeof rest !== 'object' || rest === null || Array.isArray(rest)) return rest;
  // Nothing to add: the parser's own object will do.
  if (operation.requestHeaders.length === 0 && operation.path.parameters.length === 0) return rest;
  const input: Record<string, unknown> = { ...rest };
  for (const [member, header] of operation.requestHeaders) {
    delete input[member];
    if (headers[header] !== undefined) input[member] = headers[header];
  }
  return Object.assign(input, parameters);
}

/** Splits an output into headers and the JSON body. */
export function encodeOutput(
  operation: Operation,
  output: unknown,
): { headers: Record<string, string>; body: unknown } {
  if (operation.responseHeaders.length === 0) return { headers: {}, body: output };
  const body = { ...(output as Record<string, unknown>) };
  const headers: Record<string, string> = {};
  for (const [member, header] of operation.responseHeaders) {
    if (body[member] !== undefined) headers[header] = String(body[member]);
    delete body[member];
  }
  return { headers, body };
}

/** Puts an output together again from a reply's headers and parsed body. */
export function decodeOutput(operation: Operation, headers: Members, body: unknown): unknown {
  if (operation.responseHeaders.length === 0 || typeof body !== 'object') return body;
  const output: Record<string, unknown> = { ...body };
  for (const [member, header] of operation.responseHeaders) {
    if (headers[header] !== undefined) output[member] = headers[header];
  }
  return output;
}
