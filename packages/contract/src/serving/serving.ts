import { isWithBody } from '../bodies/with-body.ts';
import { CallError } from '../errors/call-error.ts';
import { replyBody } from '../operations/body-of.ts';
import type { Operation } from '../operations/operation.ts';
import type { Issue } from '../schemas/issue.ts';
import { type Validation, validate } from '../schemas/schema.ts';
import { refuseUnknownMembers } from './unknown-members.ts';
import { decodeInput, encodeOutput, type ReceivedInput } from './wire.ts';

/** The reply of an operation before it is written: status, headers in lower case, and the body. */
export interface OperationReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A value for JSON, a text, or a `Content`, by the format of the operation's output. Undefined where it has none. */
  readonly body?: unknown;
}

/**
 * Checks the input of a request and returns the output of the operation's schema. A promise only if the schema is
 * asynchronous: waiting costs as much as a small check.
 *
 * @param url path and query as the client sent them
 * @throws CallError `invalid_input` with the issues, also for U+0000 in the URL and a parameter that comes twice
 */
export function acceptInput(operation: Operation, received: ReceivedInput, url: string): unknown {
  if (!operation.input) return undefined;
  // Paths and queries are text for people, and databases refuse this character.
  if (url.includes('%00')) throw new CallError('invalid_input', 'URL holds the character U+0000');
  const input = decodeInput(operation, received);
  refuseUnknownMembers(operation, input);
  const validation = validate(operation.input, input);
  return validation instanceof Promise
    ? validation.then((late) => acceptedInput(operation, late))
    : acceptedInput(operation, validation);
}

function acceptedInput(operation: Operation, validation: Validation<unknown>): unknown {
  if (!validation.issues) return validation.value;
  const issues = validation.issues.map((issue) => withHeader(operation, issue));
  throw new CallError('invalid_input', 'Input does not fit the contract', { issues });
}

/** Says in which header a member travels: callers without the client do not know it by the member's name. */
function withHeader({ requestHeaders }: Operation, { path, message }: Issue): Issue {
  const header = requestHeaders.find(([member]) => path === member || path.startsWith(`${member}.`))?.[1];
  return { path, message: header === undefined ? message : `${message} (header ${header})` };
}

/**
 * Checks a handler's output (whole, or one item of a stream) and returns the output of the schema. A
 * promise only where the schema is asynchronous.
 *
 * @throws Error where it does not fit; the message names paths and no values
 */
export function acceptOutput(operation: Operation, output: unknown): unknown {
  if (!operation.output) return undefined;
  const validation = validate(operation.output, output);
  return validation instanceof Promise
    ? validation.then((late) => acceptedOutput(operation, late))
    : acceptedOutput(operation, validation);
}

function acceptedOutput({ label }: Operation, validation: Validation<unknown>): unknown {
  if (!validation.issues) return validation.value;
  // Paths only: a validator's message may quote the value.
  const paths = validation.issues.map(({ path }) => path || '(whole)').join(', ');
  throw new Error(`output of ${label} does not fit the contract at: ${paths}`);
}

const noHeaders = {};

/** The reply for an output that {@link acceptOutput} has accepted. */
export function replyOf(operation: Operation, output: unknown): OperationReply {
  const { status, responseHeaders } = operation;
  if (!operation.output) return { status, headers: noHeaders };
  if (responseHeaders.length === 0 && !isWithBody(operation.output))
    return { status, headers: noHeaders, body: output };
  const { headers, body } = encodeOutput(operation, output);
  return replyBody(operation) ? { status, headers, body } : { status, headers };
}
