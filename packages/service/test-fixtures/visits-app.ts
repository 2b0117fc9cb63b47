import type { Handlers } from '@parley/contract';
import { createApp } from '../src/app.ts';
import type { AppOptions } from '../src/app-options.ts';
import { capturedLog } from './captured-log.ts';
import { type visits as Visits, visits, visitsHandlers } from './visits.ts';

/** An app of the visits contract, with its log. */
export function visitsApp(changed: Partial<Handlers<typeof Visits>> = {}, options: AppOptions = {}) {
  const log = capturedLog();
  // Tests keep the event loop busy.
  return { app: createApp(visits, visitsHandlers(changed), { logger: log.logger, compressBelow: 1, ...options }), log };
}
