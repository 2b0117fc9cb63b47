import type { Logger } from 'pino';
import type { LogLevel } from './log-levels.ts';

/** A child of a logger with a level of its own, which stays when the level of the logger changes. */
export function withOwnLevel(logger: Logger, bindings: object, level: LogLevel): Logger {
  const child = logger.child(bindings);
  // Set, and no option of `child`: pino lets a child follow whose level is its parent's at first.
  child.level = level;
  return child;
}
