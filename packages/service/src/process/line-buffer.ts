/** Passed on at once when there is so much of it, in characters. */
const chunkLength = 16_384;
/** A line waits so long here, and so long in the stream below. */
const waitMs = 50;

/** Where log lines go. */
export interface LineStream {
  write(text: string): unknown;
  flush(done?: (error?: Error) => void): void;
  flushSync(): void;
}

/** How a stream below is to write: nothing that is shorter, in bytes, unless it has waited so long. */
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
      // The stream has ended, or nobody reads it any more: there is no place to say so.
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
