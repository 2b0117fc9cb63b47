import type { LogLevel } from '../src/process/log-levels.ts';
import { capturedLog as logOf } from '../src/testing/captured-log.ts';

/** A logger whose lines can be looked at. */
export function capturedLog(level: LogLevel = 'info') {
  const { logger, lines } = logOf('fixture', level);
  return { logger, lines, text: () => lines.map((line) => JSON.stringify(line)).join('\n') };
}
