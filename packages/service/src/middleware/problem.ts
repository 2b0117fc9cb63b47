import {
  type CallError,
  currentContext,
  headerNames,
  isCallError,
  ownMembers,
  type PublicError,
  problemMediaType,
  problemOf,
  publicError,
} from '@parley/contract';
import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { loggedError } from '../process/logged-error.ts';
import { noteCode } from '../replies/answered-code.ts';
import { setAttemptsLeft, setAttemptsLeftOfFailure } from '../replies/attempts-left-header.ts';
import { removeCacheGroups } from '../replies/cache-groups.ts';
import { setMinVersions } from '../replies/min-versions-header.ts';
import { NotModified } from '../replies/version.ts';
import { ForeignError } from '../requests/foreign-error.ts';
import { requestLifetimeOf } from '../requests/request-lifetime.ts';
import { type ErrorMapping, type FailureReply, mappedReply } from './error-mapping.ts';
import { labelOf, operationOf } from './running-operation.ts';

/** How failures are answered. */
export interface FailureAnswerOptions {
  /** Where what the caller may not see goes. */
  readonly logger: Logger;
  /** Default: problems. */
  readonly mapping?: ErrorMapping | undefined;
}

/** How what was thrown is answered. */
export interface ProblemOptions {
  readonly answerFailure: AnswerFailure;
}

/** Answers a request with a failure. `thrown` goes to the log. */
export type AnswerFailure = (res: Response, answer: PublicError, thrown: unknown) => void;

/** Makes the function that answers with failures: a problem for the caller, and for the log what that one does not show. */
export function failureAnswer({ logger, mapping }: FailureAnswerOptions): AnswerFailure {
  const replyOf = (res: Response, { error, title }: PublicError, thrown: unknown): FailureReply | undefined => {
    const problem = problemOf(error, title, currentContext().requestId);
    try {
      return mappedReply(mapping, { problem, thrown, operation: labelOf(res), req: res.req });
    } catch (fault) {
      logger.error({ operation: labelOf(res), err: loggedError(fault) }, 'errors.map failed: a problem was sent');
      return undefined;
    }
  };
  return function answerFailure(res, answer, thrown) {
    const { error, title } = answer;
    noteCode(res, error.code);
    const reply = mapping && !res.headersSent ? replyOf(res, answer, thrown) : undefined;
    // An error of the app's own, which its mapping knows, is no failure of the service.
    const isKnown = (reply?.status ?? error.status) < 500;
    if (answer.log && !isKnown && !isHaste(answer)) logFailure(logger, answer, thrown, res);
    // Half an answer cannot be mended: a cut connection at least does not look whole.
    if (res.headersSent) res.destroy(error);
    else if (reply) sendFailure(res, error, reply);
    else sendProblem(res, error, title);
  };
}

/**
 * Answers whatever was thrown with an RFC 9457 problem that gives nothing internal away; what it hides
 * goes to the log, under the same request id.
 */
export function problem({ answerFailure }: ProblemOptions): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return async function problem(thrown, _req, res, _next) {
    // No failure: the caller has it already. Its headers are those that the reply would have.
    if (thrown instanceof NotModified) return void res.status(304).end();
    // The client has left; the access log has a line about it.
    if (res.destroyed && isCallError(thrown, 'cancelled')) return;
    const { error, original } = thrown instanceof ForeignError ? thrown : { error: thrown, original: thrown };
    answerFailure(res, ownMembers(await publicError(error, operationOf(res))), original);
  };
}

// The access log has it, and there is no more to say.
function isHaste({ error }: PublicError): boolean {
  return error.status === 504 && requestLifetimeOf(currentContext())?.isCallersHaste === true;
}

/** Logs the part of a failure that its caller does not see, with the request id that the caller has. */
export function logFailure(
  logger: Logger,
  { log: level = 'error', error, hint }: PublicError,
  thrown: unknown,
  res: Response,
): void {
  const { requestId, trace } = currentContext();
  const operation = labelOf(res);
  logger[level](
    {
      code: error.code,
      operation,
      requestId,
      traceId: trace?.traceId,
      ...(hint && { hint }),
      err: loggedError(thrown),
    },
    'request failed',
  );
}

/** Answers with an error as a problem. `title` is the declared one, where the error is a contract's own. */
export function sendProblem(res: Response, error: CallError, title?: string): void {
  const text = JSON.stringify(problemOf(error, title, currentContext().requestId));
  sendFailure(res, error, { status: error.status, type: problemMediaType, text });
}

function sendFailure(res: Response, error: CallError, { status, type, text }: FailureReply): void {
  // Without this header caches may keep some statuses (404, 410).
  res.set('Cache-Control', 'no-store');
  // They were of the reply that there would have been.
  res.removeHeader('ETag');
  removeCacheGroups(res);
  if (error.code.startsWith('upstream_')) setAttemptsLeftOfFailure(res);
  else setAttemptsLeft(res, 'failure');
  setMinVersions(res);
  if (error.retryAfterMs !== undefined) res.set(headerNames.retryAfter, String(Math.ceil(error.retryAfterMs / 1000)));
  res
    .status(status)
    .type(type)
    .set('Content-Length', String(Buffer.byteLength(text)));
  // Express' `json` would add a tag, which is of no use beside `no-store`.
  res.end(text);
}
