/** Passed on at once when there is so much of it, in characters. */
const chunkLength = 16_384;
/** Longest time in ms that a line waits here, and again in the stream below. */
const waitMs = 50;

/** Where log lines go. */
export interface LineStream {
  write(text: string): unknown;
  flush(done?: (error?: Error) => void): void;
  flushSync(): void;
}

/** Limits for the stream below: it writes once it has `minLength` bytes, or after `periodicFlush` ms. */
export const streamLimits = { minLength: 3 * chunkLength, periodicFlush: waitMs };

/**
 * Gathers log lines, to write many at once: a system call for each would be felt. A line waits 100 ms at most; a
 * signal that ends the process, as `kill -9`, loses it; an end by itself doesn't.
 *
 * @param open makes the stream below, with {@link streamLimits}
 */
export function lineBuffer(open: () => LineStream): LineStream {
  let lines: string[] = [];
  let length = 0;
  const pass = () => {
    if (length === 0) return;
    // Joined here: a stream that measures every line copies it for that.
    const text = lines.join('');
    lines = [];
    length = 0;
    stream.write(text);
  };
  const flushSync = () => {
    stream.flushSync();
    // Too short for the stream to begin with it on another thread, which would not live to end it.
    pass();
    stream.flushSync();
  };
  // Before the stream's own listeners, which end it.
  process.on('beforeExit', pass);
  process.on('exit', () => {
    try {
      flushSync();
    } catch {
      // The stream has ended, or its reader has gone: there is no place to report it.
    }
  });
  const stream = open();
  setInterval(pass, waitMs).unref();
  return {
    write(line) {
      lines.push(line);
      length += line.length;
      if (length >= chunkLength) pass();
    },
    flush(done) {
      pass();
      stream.flush(done);
    },
    flushSync,
  };
}
