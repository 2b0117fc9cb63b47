import type { Logger } from 'pino';
import type { LogLevel } from '../process/log-levels.ts';
import { createLogger } from '../process/logger.ts';

/** One line of a log: `level`, `time`, `service`, `msg`, and what else was logged. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A logger that prints nothing. Its lines can be looked at. */
export function capturedLog(
  service: string,
  level: LogLevel = 'info',
): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const destination = { write: (text: string) => void lines.push(JSON.parse(text)) };
  return { logger: createLogger(service, { level, destination }), lines };
}
