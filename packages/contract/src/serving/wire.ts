import { type FieldTarget, formatOf, isForm, isFormatted, type WireBody } from '../bodies/body-format.ts';
import { isWithBody } from '../bodies/with-body.ts';
import { CallError } from '../errors/call-error.ts';
import { requestBody } from '../operations/body-of.ts';
import { type InputMembers, inputMembers } from '../operations/input-members.ts';
import type { Operation } from '../operations/operation.ts';
import { outputHeaders } from '../operations/output-headers.ts';
import type { ScalarType } from '../wire/text-schema.ts';
import { elementAt, expectation, format, parse, type TextType } from '../wire/text-type.ts';
import { listMarker, receivedQuery } from './received-query.ts';

/** The parts of a request that an operation's input is spread over. */
export interface WireInput extends WireBody {
  readonly path: string;
  readonly headers: Record<string, string>;
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
  const query = rest === 'query' ? queryText(withoutBody(operation, input), members) : '';
  const { body, contentType } = encodeBody(operation, input, members);
  return { path: query ? `${target}?${query}` : target, headers, body, contentType };
}

function withoutBody({ input: schema }: Operation, input: Members): Members {
  if (!isWithBody(schema)) return input;
  const { body: _, ...others } = input;
  return others;
}

const noBody: WireBody = { body: undefined, contentType: undefined };

function encodeBody(operation: Operation, input: Members, members: InputMembers): WireBody {
  const body = requestBody(operation);
  if (!body) return noBody;
  const value = isWithBody(operation.input) ? own(input, 'body') : without(input, members.elsewhere);
  if (!isFormatted(body.schema)) return { body: JSON.stringify(value), contentType: 'application/json' };
  return body.schema.write(value, (target) => appendAll(target, value as Members, members));
}

function without(input: Members, elsewhere: InputMembers['elsewhere']): Members {
  if (elsewhere.size === 0) return input;
  return Object.fromEntries(Object.entries(input).filter(([member]) => !elsewhere.has(member)));
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

function queryText(input: Members, members: InputMembers): string {
  const isEmpty = Object.keys(input).every((member) => input[member] === undefined || members.elsewhere.has(member));
  return isEmpty ? '' : appendAll(new URLSearchParams(), input, members).toString();
}

/** Writes members as parameters of a query, or fields of a form. */
function appendAll<T extends FieldTarget>(target: T, input: Members, members: InputMembers): T {
  for (const [member, value] of Object.entries(input)) {
    if (value === undefined || members.elsewhere.has(member)) continue;
    if (members.files.has(member)) appendFiles(target as unknown as FormData, member, [value as File].flat());
    else append(target, member, value, typeOf(member, members));
  }
  return target;
}

function appendFiles(form: FormData, member: string, files: readonly File[]): void {
  for (const file of files) form.append(member, file, file.name);
  if (files.length === 0) form.append(listMarker(member), '');
}

function typeOf(member: string, { fields, further }: InputMembers): TextType | undefined {
  const known = fields.get(member);
  if (!known) furtherName(member, further);
  return known?.type ?? further;
}

function furtherName(member: string, further: TextType | undefined): void {
  urlText('a query parameter', member);
  if (further && member.endsWith('[]')) throw unfit(member, 'must not end in []: that says that a parameter is a list');
}

function append(query: FieldTarget, member: string, value: unknown, type = anything): void {
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

function restOf(operation: Operation, { query, body }: ReceivedInput): unknown {
  if (operation.rest === 'query') return receivedQuery(operation, query);
  return isForm(formatOf(operation.input)) ? receivedQuery(operation, body as Members) : body;
}

/** Puts the flat input together again. A body that is not an object is returned as it is: the schema reports what is wrong. */
export function decodeInput(operation: Operation, received: ReceivedInput): unknown {
  const { parameters, headers } = received;
  const rest = restOf(operation, received);
  if (typeof rest !== 'object' || rest === null || Array.isArray(rest)) return rest;
  // Nothing to add: the parser's own object will do.
  const hasOwnBody = isWithBody(operation.input);
  if (operation.requestHeaders.length === 0 && operation.path.parameters.length === 0 && !hasOwnBody) return rest;
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
  // Last: the query may have a parameter of that name.
  if (hasOwnBody) input.body = received.body;
  return input;
}

/**
 * Splits an output into headers and the body.
 *
 * @throws Error where a header cannot hold a member; the message has no value
 */
export function encodeOutput(
  operation: Operation,
  output: unknown,
): { headers: Record<string, string>; body: unknown } {
  if (operation.responseHeaders.length === 0 && !isWithBody(operation.output)) return { headers: {}, body: output };
  const body = { ...(output as Record<string, unknown>) };
  const headers: Record<string, string> = {};
  const types = outputHeaders(operation);
  for (const [member, header] of operation.responseHeaders) {
    const value = body[member];
    if (value !== undefined) headers[header] = outputText(operation, member, value, types.get(member));
    delete body[member];
  }
  return { headers, body: isWithBody(operation.output) ? body.body : body };
}

function outputText({ label }: Operation, member: string, value: unknown, scalars = anyScalar): string {
  const written = format(value, scalars) ?? String(value);
  if (inHeader.test(written)) return written;
  throw new Error(`output of ${label} has a member ${member} that its header cannot hold: it ${headerExpectation}`);
}

/** Puts an output together again from a reply's headers and parsed body. */
export function decodeOutput(operation: Operation, headers: Members, body: unknown): unknown {
  const hasOwnBody = isWithBody(operation.output);
  if (!hasOwnBody && (operation.responseHeaders.length === 0 || typeof body !== 'object')) return body;
  const output: Record<string, unknown> = hasOwnBody ? { body } : { ...(body as object) };
  const types = outputHeaders(operation);
  for (const [member, header] of operation.responseHeaders) {
    const value = headers[header];
    if (value !== undefined)
      output[member] = typeof value === 'string' ? parse(value, types.get(member) ?? new Set()) : value;
  }
  return output;
}
