import { writeSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';
import { type LineStream, lineBuffer, streamLimits } from './line-buffer.ts';
import type { LogLevel } from './log-levels.ts';
import { workerPlace } from './worker-place.ts';

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
    // Of several workers, which one it was.
    base: workerPlace() ? { service, pid: process.pid } : { service },
    timestamp: isoTime(),
    formatters: { level: (label: string) => ({ level: label }) },
    redact: secrets.flatMap((name) => [`["${name}"]`, `headers["${name}"]`, `*.headers["${name}"]`]),
  };
  return pino(options, destination ?? standardOutput());
}

let output: LineStream | undefined;

/** Standard output, one for all loggers. A slow reader does not block the process: up to 16 MiB wait, then lines are dropped. */
export function standardOutput(): DestinationStream {
  output ??= lineBuffer(openOutput);
  return output;
}

/** A disk that is full ends nothing: lines wait for room, as for a slow reader. A reader that has gone ends logging alone. */
function openOutput(): LineStream {
  const limits = { ...streamLimits, maxWrite: 262_144, maxLength: 16 * 1_048_576 };
  let isFailing = false;
  // At the end each flush that fails would be followed by another one, for ever. Before the stream's own listener, which flushes.
  process.on('beforeExit', () => {
    if (isFailing) flushNothing(stream);
  });
  const stream = pino.destination({ dest: 1, sync: false, ...limits });
  const onBrokenPipe = stream.listeners('error');
  // The stream's own tries again for ever, with the whole thread, whatever the error is.
  stream.flushSync = () => flushNow(stream as unknown as Pending);
  // pino's own listener would throw what is no broken pipe, and end the process.
  stream.removeAllListeners('error');
  stream.on('error', (error: NodeJS.ErrnoException) => {
    isFailing = true;
    if (error.code !== 'EPIPE') return;
    for (const listener of onBrokenPipe) listener.call(stream, error);
    flushNothing(stream);
  });
  stream.on('write', () => {
    isFailing = false;
  });
  return stream;
}

function flushNothing(stream: LineStream): void {
  stream.flush = (done) => done?.();
}

/** What a stream of sonic-boom has not written yet. */
interface Pending {
  readonly _bufs: (string | Buffer)[];
  readonly _writing: boolean;
  _len: number;
  _writingBuf: string | Buffer;
}

/** Writes all that waits, with the whole thread. Waits for a slow reader; any other error leaves the rest where it is. */
function flushNow(stream: Pending): void {
  if (!stream._writing && stream._writingBuf.length > 0) {
    stream._bufs.unshift(stream._writingBuf);
    stream._writingBuf = '';
  }
  for (let [first] = stream._bufs; first !== undefined; [first] = stream._bufs) {
    const bytes = Buffer.from(first as string);
    try {
      const written = writeSync(1, bytes);
      stream._len = Math.max(0, stream._len - written);
      if (written < bytes.length) stream._bufs[0] = bytes.subarray(written);
      else stream._bufs.shift();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(pause, 0, 0, 100);
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));

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
