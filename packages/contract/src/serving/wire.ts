import { CallError } from '../errors/call-error.ts';
import { type InputMembers, inputMembers } from '../operations/input-members.ts';
import type { Operation } from '../operations/operation.ts';
import { outputHeaders } from '../operations/output-headers.ts';
import type { ScalarType } from '../wire/text-schema.ts';
import { elementAt, expectation, format, parse, type TextType } from '../wire/text-type.ts';
import { listMarker, receivedQuery } from './received-query.ts';

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
 * @throws CallError `invalid_input` where a member cannot travel where it belongs, or a server would get another value than
 *   the caller gave: an object in a query, a lone surrogate in a URL, a boolean that the schema makes of a text
 */
export function encodeInput(operation: Operation, input: Members = {}): WireInput {
  const { path, rest, requestHeaders } = operation;
  const members = inputMembers(operation);
  const headers: Record<string, string> = {};
  for (const [member, header] of requestHeaders) {
    const value = own(input, member);
    if (value !== undefined)
      headers[header] = headerText(member, textOf(member, value, typeElsewhere(members, member)));
  }
  const target = path.parameters.length > 0 ? path.build(pathTexts(operation, input, members)) : path.template;
  if (rest === 'body') return { path: target, headers, body: operation.input && bodyText(input, members.elsewhere) };
  const query = queryText(input, members);
  return { path: query ? `${target}?${query}` : target, headers, body: undefined };
}

function own(input: Members, member: string): unknown {
  return Object.hasOwn(input, member) ? input[member] : undefined;
}

function typeElsewhere({ elsewhere }: InputMembers, member: string): Scalars {
  return elsewhere.get(member)?.type.scalars ?? anyScalar;
}

function pathTexts({ path }: Operation, input: Members, members: InputMembers): Members {
  const values: Record<string, unknown> = {};
  for (const name of path.parameters) {
    const value = own(input, name);
    if (value !== undefined) values[name] = urlText(name, textOf(name, value, typeElsewhere(members, name)));
  }
  return values;
}

function bodyText(input: Members, elsewhere: InputMembers['elsewhere']): string {
  if (elsewhere.size === 0) return JSON.stringify(input);
  return JSON.stringify(Object.fromEntries(Object.entries(input).filter(([member]) => !elsewhere.has(member))));
}

function queryText(input: Members, { inQuery, further, elsewhere }: InputMembers): string {
  let query: URLSearchParams | undefined;
  for (const [member, value] of Object.entries(input)) {
    if (value === undefined || elsewhere.has(member)) continue;
    query ??= new URLSearchParams();
    const known = inQuery.get(member);
    if (!known) furtherName(member, further);
    append(query, member, value, known?.type ?? further);
  }
  return query?.toString() ?? '';
}

function furtherName(member: string, further: TextType | undefined): void {
  urlText('a query parameter', member);
  if (further && member.endsWith('[]')) throw unfit(member, 'must not end in []: that says that a parameter is a list');
}

function append(query: URLSearchParams, member: string, value: unknown, type = anything): void {
  const { scalars, elements } = type;
  if (!Array.isArray(value)) {
    if (!scalars) throw unfit(member, 'must be a list');
    query.append(member, urlText(member, textOf(member, value, scalars)));
    return;
  }
  if (!elements) throw unfit(member, expectation(scalars ?? anyScalar));
  for (const [index, one] of value.entries()) {
    query.append(member, urlText(member, textOf(member, one, elementAt(elements, index))));
  }
  if (value.length === 0 || (value.length === 1 && scalars)) query.append(listMarker(member), '');
}

type Scalars = ReadonlySet<ScalarType>;

const anyScalar: Scalars = new Set(['string', 'number', 'boolean', 'bigint', 'date']);
/** What a schema does not speak of goes as it is: nobody can read it wrongly. */
const anything: TextType = { scalars: anyScalar, elements: [anyScalar] };

function textOf(member: string, value: unknown, scalars: Scalars): string {
  const written = format(value, scalars);
  if (written !== undefined) return written;
  throw unfit(member, expectation(scalars));
}

function urlText(member: string, value: string): string {
  if (value.isWellFormed() && !value.includes('\0')) return value;
  throw unfit(member, 'must hold no lone surrogate and no U+0000, which no URL can hold');
}

// Other characters make the transport refuse the request or, worse, end the header early; spaces at the ends are dropped.
const inHeader = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
const headerExpectation = 'must hold printable Latin-1 characters only, and no space at an end';

function headerText(member: string, value: string): string {
  if (inHeader.test(value)) return value;
  throw unfit(member, `${headerExpectation}, since it travels in a header`);
}

function unfit(member: string, message: string): CallError {
  return new CallError('invalid_input', `${member} ${message}`, { issues: [{ path: member, message }] });
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
  const rest = operation.rest === 'query' ? receivedQuery(operation, received.query) : received.body;
  if (typeof rest !== 'object' || rest === null || Array.isArray(rest)) return rest;
  // Nothing to add: the parser's own object will do.
  if (operation.requestHeaders.length === 0 && operation.path.parameters.length === 0) return rest;
  const input: Record<string, unknown> = { ...rest };
  for (const [member, header] of operation.requestHeaders) {
    delete input[member];
    if (headers[header] !== undefined) input[member] = headers[header];
  }
  Object.assign(input, parameters);
  for (const { name, type } of inputMembers(operation).typed) {
    const value = input[name];
    if (typeof value === 'string' && type.scalars) input[name] = parse(value, type.scalars);
  }
  return input;
}

/**
 * Splits an output into headers and the JSON body.
 *
 * @throws Error where a header cannot hold a member; the message has no value
 */
export function encodeOutput(
  operation: Operation,
  output: unknown,
): { headers: Record<string, string>; body: unknown } {
  if (operation.responseHeaders.length === 0) return { headers: {}, body: output };
  const body = { ...(output as Record<string, unknown>) };
  const headers: Record<string, string> = {};
  const types = outputHeaders(operation);
  for (const [member, header] of operation.responseHeaders) {
    const value = body[member];
    if (value !== undefined) headers[header] = outputText(operation, member, value, types.get(member));
    delete body[member];
  }
  return { headers, body };
}

function outputText({ label }: Operation, member: string, value: unknown, scalars = anyScalar): string {
  const written = format(value, scalars) ?? String(value);
  if (inHeader.test(written)) return written;
  throw new Error(`output of ${label} has a member ${member} that its header cannot hold: it ${headerExpectation}`);
}

/** Puts an output together again from a reply's headers and parsed body. */
export function decodeOutput(operation: Operation, headers: Members, body: unknown): unknown {
  if (operation.responseHeaders.length === 0 || typeof body !== 'object') return body;
  const output: Record<string, unknown> = { ...body };
  const types = outputHeaders(operation);
  for (const [member, header] of operation.responseHeaders) {
    const value = headers[header];
    if (value !== undefined)
      output[member] = typeof value === 'string' ? parse(value, types.get(member) ?? new Set()) : value;
  }
  return output;
}
