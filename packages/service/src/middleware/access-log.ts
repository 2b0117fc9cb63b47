import { currentContext, headerNames } from '@parley/contract';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { codeOf } from '../replies/answered-code.ts';
import { isCutOff } from '../requests/cut-off.ts';
import { type RequestLifetime, requestLifetimeOf } from '../requests/request-lifetime.ts';
import { isRefusal } from '../shedding/refusal.ts';
import type { ServiceTelemetry } from '../telemetry/service-events.ts';
import { labelOf, routeOf, untemplatedPath } from './running-operation.ts';
import { servedSpan } from './served-span.ts';

/** Where the access log goes. */
export interface AccessLogOptions {
  readonly logger: Logger;
  /** Emits `onRequest` for each request. */
  readonly telemetry: ServiceTelemetry;
}

/** What nginx calls a request whose client went away before the answer. */
const clientClosedRequest = 499;

/**
 * Logs one line a request, at its end. It names the operation, or the route of a mounted app, by its path template: never
 * the query, a header or a body, where secrets travel. A page or file of a mounted app has its path.
 */
export function accessLog({ logger, telemetry }: AccessLogOptions): RequestHandler {
  // None of these members can be a secret: nothing to look for in each line.
  const log = logger.child({}, { redact: [] });
  return function accessLog(req, res, next) {
    const startMs = performance.now();
    // 'close' comes from the socket, outside the request's context.
    const context = currentContext();
    const { requestId, trace } = context;
    res.on('close', () => {
      // An operator may have changed the level, and pino before 10.4 copies it into a child.
      if (log.levelVal !== logger.levelVal) log.level = logger.level;
      const status = statusOf(res);
      const { method } = req;
      const operation = labelOf(res);
      const durationMs = performance.now() - startMs;
      const scheme = 'encrypted' in req.socket ? 'https' : 'http';
      const code = codeOf(res);
      const traceId = trace?.traceId;
      const route = routeOf(res);
      const place = telemetry.wantsSpans && trace ? servedSpan(res, trace, startMs) : undefined;
      const isReplay = res.hasHeader(headerNames.idempotentReplayed);
      const rest = { requestId, traceId, isReplay, ...place };
      telemetry.emit('onRequest', { method, scheme, operation, route, status, code, durationMs, ...rest });
      const line = {
        method,
        operation: operation ?? 'unmatched',
        path: untemplatedPath(res),
        status,
        code,
        durationMs: Math.round(durationMs * 10) / 10,
        requestId,
        traceId,
        bytes: bytesOf(res),
        // Why it ended early. The error's own text: Node's, of a lost connection or of what HTTP/2 forbids.
        reason: status === clientClosedRequest ? res.errored?.message : undefined,
      };
      log[levelOf(res, status, requestLifetimeOf(context))](line, messageOf(res, status));
    });
    next();
  };
}

// A refusal under load is no fault, and there may be thousands: load shedding logs a summary instead. A timeout that a
// caller from outside asked for is no fault of the service either: the caller may ask for 1 ms again and again.
function levelOf(res: Response, status: number, end: RequestLifetime | undefined): 'error' | 'info' {
  if (status < 500 || isRefusal(res)) return 'info';
  return status === 504 && end?.isCallersHaste ? 'info' : 'error';
}

function messageOf(res: Response, status: number): string {
  if (isCutOff(res) && !res.writableFinished) return 'cut off: the service stopped';
  return status === clientClosedRequest ? 'client went away' : 'request';
}

function statusOf(res: Response): number {
  if (res.writableFinished) return res.statusCode;
  if (isCutOff(res)) return 503;
  return res.errored && !isOfConnection(res.errored) ? 500 : clientClosedRequest;
}

const lost: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

// Lost connections, and what a client has broken or flooded: Node resets its stream or ends its session for that.
// Pipelined responses whose turn never came have such an error too.
function isOfConnection({ code }: NodeJS.ErrnoException): boolean {
  return lost.has(code) || code?.startsWith('ERR_HTTP2_') === true || code?.startsWith('ERR_SSL_') === true;
}

// Known without counting only where nothing was compressed on the way.
function bytesOf(res: Response): number | undefined {
  const length = res.getHeader('content-length');
  return length === undefined ? undefined : Number(length);
}
