import type { Readable } from 'node:stream';

/** Characters of a line that is passed on whole; a longer one is passed on in parts. */
const longestLine = 1_048_576;

/**
 * Passes on what a process writes, whole lines at a time: of two processes that write to one pipe each could end in a line of the other,
 * since the kernel keeps writes apart up to 4 KiB only, and a log is written 48 KiB at a time.
 */
export function passWholeLines(output: Readable, write: (lines: string) => void): void {
  let rest = '';
  output.setEncoding('utf8');
  output.on('data', (text: string) => {
    const end = rest.length > longestLine ? text.length : text.lastIndexOf('\n') + 1;
    if (end > 0) write(rest + text.slice(0, end));
    rest = end > 0 ? text.slice(end) : rest + text;
  });
  output.on('end', () => {
    if (rest) write(`${rest}\n`);
  });
}
