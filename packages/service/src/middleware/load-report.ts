import { headerNames } from '@parley/contract';
import type { RequestHandler } from 'express';
import type { Load } from '../shedding/load.ts';

/** What is reported. */
export interface LoadReportOptions {
  readonly load: Load;
}

/**
 * Tells callers of our kind, who send a timeout, how busy this replica is, so that they can send more to those with less
 * to do. As the request arrives: a header is too late for what its handler adds. The gateway keeps it inside.
 */
export function loadReport({ load }: LoadReportOptions): RequestHandler {
  return function loadReport(req, res, next) {
    if (req.headers[headerNames.timeoutMs] !== undefined) res.setHeader(headerNames.loadReport, load.report);
    next();
  };
}
