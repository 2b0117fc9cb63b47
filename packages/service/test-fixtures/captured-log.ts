import { createLogger, type LogLevel } from '../src/logger.ts';

/** A logger whose lines can be looked at. */
export function capturedLog(level: LogLevel = 'info') {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('fixture', { level, destination: { write: (text) => lines.push(JSON.parse(text)) } });
  return { logger, lines, text: () => lines.map((line) => JSON.stringify(line)).join('\n') };
}
