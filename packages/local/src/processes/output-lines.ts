import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * Gives each line of a process' output to a listener, without its `\n` or `\r\n`. Nothing else ends a line:
 * `node:readline` splits at U+2028 too, by which a client could begin a line of its own in nginx' log.
 */
export function onLines(output: Readable, listener: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  output.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) listener(line.endsWith('\r') ? line.slice(0, -1) : line);
  });
  output.on('end', () => {
    if (rest) listener(rest);
  });
}
