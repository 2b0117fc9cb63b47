import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

/** Levels that `LOG_LEVEL` may name, the loudest first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** How a logger is made. */
export interface LoggerOptions {
  /** The quietest level that is written. Default `info`. */
  readonly level?: LogLevel;
  /** Where the lines go. Default: standard output, without waiting for its reader; the rest is written at exit. */
  readonly destination?: DestinationStream;
}

/** Members of a line that are blanked, at the top, in `headers` and in `<anything>.headers`. */
const secrets = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'idempotency-key',
  'password',
  'token',
];

/**
 * Makes a logger that writes one JSON object a line: level by name, ISO time, the service's name, and
 * nothing that looks like a secret.
 */
export function createLogger(service: string, { level = 'info', destination }: LoggerOptions = {}): Logger {
  const options = {
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: secrets.flatMap((name) => [`["${name}"]`, `headers["${name}"]`, `*.headers["${name}"]`]),
  };
  return destination ? pino(options, destination) : pino(options);
}
