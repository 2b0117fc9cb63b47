import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { unchanging } from '../../../../test/eventually.ts';
import { passWholeLines } from './whole-lines.ts';

async function passed(...chunks: readonly (string | Buffer)[]): Promise<readonly string[]> {
  const output = new PassThrough();
  const written: string[] = [];
  passWholeLines(output, (lines) => written.push(lines));
  for (const chunk of chunks) {
    output.write(chunk);
    await unchanging(() => output.readableLength);
  }
  output.end();
  await unchanging(() => written.length);
  return written;
}

describe('whole lines', () => {
  it('are passed on only once they have ended', async () => {
    expect(await passed('one\ntw', 'o\nthree', '\n')).toEqual(['one\n', 'two\n', 'three\n']);
  });

  it('end with their writer', async () => {
    expect(await passed('one\nlast words')).toEqual(['one\n', 'last words\n']);
  });

  it('keep characters of several bytes', async () => {
    const [head, tail] = [Buffer.from('é\n').subarray(0, 1), Buffer.from('é\n').subarray(1)];
    expect(await passed(head, tail)).toEqual(['é\n']);
  });

  it('are passed on in parts where they do not end', async () => {
    const long = 'x'.repeat(1_200_000);
    expect((await passed(long, 'y', 'z\n')).join('')).toBe(`${long}yz\n`);
    expect((await passed(long, 'y', 'z\n')).length).toBe(2);
  });
});
