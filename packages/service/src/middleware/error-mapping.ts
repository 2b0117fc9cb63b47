import { type InputOf, ownMembers, type Problem, problemMediaType, type Schema } from '@parley/contract';
import type { Request } from 'express';

/** A failure, before it is answered. */
export interface Failure {
  /** What the kit would answer. It holds nothing internal. */
  readonly problem: Problem;
  /** What was thrown, in a handler or a mounted app. It may hold what its caller must not see. */
  readonly thrown: unknown;
  /** `GET /api/books/{id}`, or the route of a mounted app, or `mounted /` where none of its routes matched. Undefined where no app is mounted either. */
  readonly operation: string | undefined;
  readonly req: Request;
}

/** The answer to a failure, in the form that old callers know. */
export interface ErrorReply<Body = unknown> {
  /** From 200 to 599. Default: that of the problem. */
  readonly status?: number | undefined;
  /** A text is sent as it is, anything else as JSON. */
  readonly body: Body;
  /** Default: `application/json`, or `text/plain` for a text. */
  readonly contentType?: string | undefined;
}

/** How failures are answered to callers that know no problems (RFC 9457). */
export interface ErrorMapping<S extends Schema = Schema> {
  /** Makes the answer to a failure. Undefined: the problem is sent. Not called where `Accept` names `application/problem+json`, as Parley's clients do. */
  readonly map: (failure: Failure) => ErrorReply<InputOf<S>> | undefined;
  /** Describes the body, for the OpenAPI document. Default: any JSON. A status that `map` chooses is not in the document: its `default` response describes it. */
  readonly body?: S;
}

/** The answer to a failure, ready to be sent. */
export interface FailureReply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/**
 * Makes the answer to a failure by an app's mapping. Undefined: the problem is to be sent.
 *
 * @throws TypeError where the mapping gives no such answer, and whatever the mapping throws
 */
export function mappedReply(mapping: ErrorMapping | undefined, failure: Failure): FailureReply | undefined {
  if (!mapping || acceptsProblems(failure.req)) return undefined;
  const given = mapping.map(failure);
  if (given === undefined) return undefined;
  const { status = failure.problem.status, body, contentType } = ownMembers(given);
  const isText = typeof body === 'string';
  const text = isText ? body : JSON.stringify(body);
  if (!(Number.isInteger(status) && status >= 200 && status < 600) || text === undefined) {
    const came = `status ${status} and body ${typeof body}`;
    throw new TypeError(
      `errors.map must give { status, body }, with a status from 200 to 599, or undefined; it gave ${came}`,
    );
  }
  return { status, type: contentType ?? `${isText ? 'text/plain' : 'application/json'}; charset=utf-8`, text };
}

function acceptsProblems({ headers }: Request): boolean {
  return headers.accept?.toLowerCase().includes(problemMediaType) === true;
}
