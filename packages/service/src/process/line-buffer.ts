/** Passed on at once when there is so much of it, in characters. */
const chunkLength = 16_384;
/** The longest that a line waits. */
const longestWaitMs = 100;

/** Where log lines go. */
export interface LineStream {
  write(text: string): unknown;
  flush(done?: (error?: Error) => void): void;
}

/**
 * Gathers log lines, to write many at once: a system call for each would be felt. A line waits 100 ms at most.
 * At exit what waits is passed on before the stream's own listener is called, which is to write it; `kill -9` loses it.
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
  process.on('exit', pass);
  const stream = open();
  setInterval(pass, longestWaitMs).unref();
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
  };
}
