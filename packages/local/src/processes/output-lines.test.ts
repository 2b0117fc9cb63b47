import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { onLines } from './output-lines.ts';

async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const output = new PassThrough();
  const lines: string[] = [];
  onLines(output, (line) => lines.push(line));
  for (const chunk of chunks) output.write(chunk);
  output.end();
  await new Promise((resolve) => output.once('end', resolve));
  return lines;
}

describe('onLines', () => {
  it('gives lines, however they are cut into chunks', async () => {
    const text = Buffer.from('é1\ntwo\r\n\nlast');
    expect(await linesOf(text.subarray(0, 1), text.subarray(1, 5), text.subarray(5))).toEqual([
      'é1',
      'two',
      '',
      'last',
    ]);
  });

  it('ends a line at nothing else', async () => {
    expect(await linesOf('a\u2028b\u2029c\rd\u0085e\n')).toEqual(['a\u2028b\u2029c\rd\u0085e']);
  });
});
