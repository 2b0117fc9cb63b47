import { headerNames } from '@parley/contract';
import type { RequestHandler } from 'express';
import type { Load } from '../shedding/load.ts';

/** What is reported. */
export interface LoadReportOptions {
  readonly load: Load;
}

/**
 * Reports the load of this replica to Parley clients (requests with a timeout), so that they prefer replicas with less
 * to do. Measured as the request arrives: the header is written before the handler ends. The gateway removes it.
 */
export function loadReport({ load }: LoadReportOptions): RequestHandler {
  return function loadReport(req, res, next) {
    if (req.headers[headerNames.timeoutMs] !== undefined) res.setHeader(headerNames.loadReport, load.report);
    next();
  };
}
