import type { AdminClient } from './operator.ts';

type LogLevel = NonNullable<Parameters<AdminClient['setLogLevel']>[0]>['level'];

/** Levels of a log, the loudest first. A copy: the admin API has them too, and is not loaded for a completion. */
export const logLevels = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'silent',
] as const satisfies readonly LogLevel[];
