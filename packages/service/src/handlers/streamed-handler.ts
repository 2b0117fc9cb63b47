import { once } from 'node:events';
import {
  acceptOutput,
  type CallContext,
  currentContext,
  type Operation,
  problemOf,
  publicError,
  runInContext,
  type Stream,
  type StreamFraming,
  type StreamHandler,
} from '@parley/contract';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { releasePlace } from '../middleware/load-shedding.ts';
import { logFailure } from '../middleware/problem.ts';
import { operationOf } from '../middleware/running-operation.ts';
import { loggedError } from '../process/logged-error.ts';
import { untilAborted } from '../requests/until-aborted.ts';
import type { CatchUp } from './read-your-writes.ts';
import { streamSignal } from './stream-signal.ts';
import { validInput } from './valid-input.ts';

/** What all streams of a service share. */
export interface StreamOptions {
  readonly logger: Logger;
  /** Silence of a stream in ms after which a heartbeat is sent, so that no proxy closes the connection as idle. */
  readonly heartbeatMs: number;
  /** Fires when the service stops: streams end, and say so. */
  readonly stopping?: AbortSignal | undefined;
  /** Runs before the handler. Default: nothing does. */
  readonly catchUp?: CatchUp | undefined;
}

/** One operation whose output is a stream. */
export type StreamingOperation = Operation & { readonly output: Stream };

/**
 * Serves one operation whose output is a stream: takes an item from the handler when the client has room for it, checks
 * it and sends it at once. Nothing is answered before the first item is there, so that an early failure is an ordinary
 * problem, and the request's time bounds it; a later one is the stream's last word.
 */
export function streamedHandler(
  operation: StreamingOperation,
  handler: StreamHandler,
  options: StreamOptions,
): RequestHandler {
  const framing = operation.output.wire;
  return async function streamedHandler(req, res) {
    const own = currentContext();
    const { deadlineMs: _, attemptsLeft: __, signal: request, ...served } = own;
    const begun = async () => {
      const valid = await validInput(operation, req);
      await options.catchUp?.();
      return valid;
    };
    const input = await untilAborted(begun, request);
    if (req.method === 'HEAD') return void begin(res, operation, framing).end();

    const { signal, begin: beginSignal } = streamSignal(res, request, options.stopping);
    // No deadline and no attempts left: they are the first item's, and what the handler calls later must not inherit them. The signal fires in time.
    // With the prototype of the request's context, which has `log`.
    const context: CallContext = Object.assign(Object.create(Object.getPrototypeOf(own)), served, { signal });
    const items = runInContext(context, () => handler(input, context)[Symbol.asyncIterator]());
    const next = () => runInContext(context, () => untilAborted(() => nextText(items, operation, framing), signal));
    try {
      const first = await next();
      beginSignal();
      releasePlace(res);
      begin(res, operation, framing);
      await send(res, first, next, framing, { signal, heartbeatMs: options.heartbeatMs });
    } catch (thrown) {
      // The reason to abort says more than the error of a handler that was aborted.
      const error = signal.aborted ? signal.reason : thrown;
      if (!res.headersSent || res.destroyed) throw error;
      await endWithProblem(res, error, framing, options);
    } finally {
      // Not waited for: a handler that waits for something else, and ignores the signal, gets to it later.
      runInContext(context, async () => items.return?.()).catch((error) => {
        options.logger.warn({ operation: operation.label, err: loggedError(error) }, 'a stream did not end cleanly');
      });
    }
  };
}

/** The next item as it is sent; nothing after the last. */
async function nextText(items: AsyncIterator<unknown>, operation: Operation, framing: StreamFraming) {
  const { done, value } = await items.next();
  return done ? undefined : framing.item(await acceptOutput(operation, value));
}

function begin(res: Response, { status }: Operation, { mediaType }: StreamFraming): Response {
  res.status(status);
  res.setHeader('Content-Type', mediaType);
  // no-transform: a proxy that compresses would hold items back until it has enough of them.
  res.setHeader('Cache-Control', 'no-store, no-transform');
  res.setHeader('X-Accel-Buffering', 'no'); // nginx's word for the same
  return res;
}

async function send(
  res: Response,
  first: string | undefined,
  next: () => Promise<string | undefined>,
  framing: StreamFraming,
  { signal, heartbeatMs }: { readonly signal: AbortSignal; readonly heartbeatMs: number },
): Promise<void> {
  const heartbeat = setInterval(() => {
    if (!res.writableNeedDrain) res.write(framing.heartbeat);
  }, heartbeatMs);
  try {
    for (let text = first; text !== undefined; text = await next()) {
      heartbeat.refresh();
      if (!res.write(text)) await untilAborted(() => once(res, 'drain'), signal);
    }
    res.end(framing.end);
  } finally {
    clearInterval(heartbeat);
  }
}

async function endWithProblem(res: Response, thrown: unknown, framing: StreamFraming, options: StreamOptions) {
  const operation = operationOf(res);
  const answer = await publicError(thrown, operation);
  // That the service stops is known: not worth a line for each stream.
  if (answer.log && !options.stopping?.aborted) logFailure(options.logger, answer, thrown, res);
  res.end(framing.problem(problemOf(answer.error, answer.title, currentContext().requestId)));
}
