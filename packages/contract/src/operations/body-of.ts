import { type BodyFormat, formatOf, typesOf } from '../bodies/body-format.ts';
import { bodySchema, isWithBody } from '../bodies/with-body.ts';
import type { Schema } from '../schemas/schema.ts';
import { isStream } from '../streams/stream.ts';
import type { Operation } from './operation.ts';

/** The body of an operation's requests or replies. */
export interface OperationBody {
  /** Describes the body, or the object whose members travel in it. */
  readonly schema: Schema;
  readonly format: BodyFormat;
  /** Media types that it may have. */
  readonly types: readonly string[];
}

/** The body of an operation's requests; undefined where they have none. */
export function requestBody(operation: Operation): OperationBody | undefined {
  return bodiesOf(operation).request;
}

/** The body of an operation's successful reply in one piece; undefined where it has none, or is a stream of items. */
export function replyBody(operation: Operation): OperationBody | undefined {
  return bodiesOf(operation).reply;
}

interface OperationBodies {
  readonly request: OperationBody | undefined;
  readonly reply: OperationBody | undefined;
}

/** Found once: each call asks. */
const known = new WeakMap<Operation, OperationBodies>();

function bodiesOf(operation: Operation): OperationBodies {
  let bodies = known.get(operation);
  if (!bodies) {
    const { input, rest, output, status } = operation;
    bodies = {
      request: input && (rest === 'body' || isWithBody(input)) ? bodyOf(input) : undefined,
      reply: output && !isStream(output) && !isBodyless(status) ? bodyOf(output) : undefined,
    };
    known.set(operation, bodies);
  }
  return bodies;
}

/** Whether replies of a status have no body: 204, 205, and redirects. */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 205 || status >= 300;
}

/** Whether callers may ask for a part of an operation's reply (`Range`). RFC 9110 §14. */
export function hasRanges(operation: Operation): boolean {
  return operation.method === 'GET' && operation.status === 200 && replyBody(operation)?.format === 'bytes';
}

function bodyOf(schema: Schema): OperationBody {
  const body = bodySchema(schema) as Schema;
  return { schema: body, format: formatOf(body), types: typesOf(body) };
}
