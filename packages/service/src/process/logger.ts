import { type DestinationStream, type Logger, pino } from 'pino';
import { type LineStream, lineBuffer, streamLimits } from './line-buffer.ts';

/** Levels that `LOG_LEVEL` may name, the loudest first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** How a logger is made. */
export interface LoggerOptions {
  /** The quietest level that is written. Default `info`. */
  readonly level?: LogLevel;
  /** Where the lines go. Default: standard output, 48 KiB at a time or what there is after 100 ms; the rest at exit. */
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
    timestamp: isoTime(),
    formatters: { level: (label: string) => ({ level: label }) },
    redact: secrets.flatMap((name) => [`["${name}"]`, `headers["${name}"]`, `*.headers["${name}"]`]),
  };
  return pino(options, destination ?? standardOutput());
}

let output: LineStream | undefined;

/** One for all loggers. A slow reader does not block the process: up to 16 MiB wait, then lines are dropped. */
function standardOutput(): DestinationStream {
  output ??= lineBuffer(openOutput);
  return output;
}

/** A disk that is full ends nothing: lines wait for room, as for a slow reader. A reader that has gone ends logging alone. */
function openOutput(): LineStream {
  const limits = { ...streamLimits, maxWrite: 262_144, maxLength: 16 * 1_048_576 };
  // At the end each flush that fails would be followed by another one, for ever. Before the stream's own listener, which flushes.
  process.on('beforeExit', () => {
    if (stream.flushSync !== flushSync) flushNothing(stream);
  });
  const stream = pino.destination({ dest: 1, sync: false, ...limits });
  const onBrokenPipe = stream.listeners('error');
  const { flushSync } = stream;
  // pino's own listener would throw what is no broken pipe, and end the process.
  stream.removeAllListeners('error');
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') {
      for (const listener of onBrokenPipe) listener.call(stream, error);
      flushNothing(stream);
    }
    // It would try for ever, with the whole thread, and so at the end of the process.
    else stream.flushSync = () => {};
  });
  stream.on('write', () => {
    if (stream.flushSync !== flushSync) stream.flushSync = flushSync;
  });
  return stream;
}

function flushNothing(stream: LineStream): void {
  stream.flush = (done) => done?.();
}

/** The time as ISO text, made once a millisecond for all lines of it. */
function isoTime(): () => string {
  let lastMs = 0;
  let text = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs !== lastMs) {
      lastMs = nowMs;
      text = `,"time":"${new Date(nowMs).toISOString()}"`;
    }
    return text;
  };
}
