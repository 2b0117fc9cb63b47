import { TextDecoder } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { LineReader } from './line-reader.ts';

/** Bytes that count how many of them are looked through. */
class CountedBytes extends Uint8Array {
  static looked = 0;

  override indexOf(byte: number, from = 0): number {
    const found = super.indexOf(byte, from);
    CountedBytes.looked += (found < 0 ? this.length : found + 1) - from;
    return found;
  }
}

const kinds = [
  ['carriage returns alone', '\r'],
  ['line feeds alone', '\n'],
  ['lines that end in both', 'a\r\n'],
  ['lines that end in a carriage return', 'data:\r'],
  ['a line without end', 'a'],
] as const;

describe('LineReader', () => {
  it.each(kinds)('looks through a chunk of %s once for each kind of end', (_, unit) => {
    const chunk = CountedBytes.from(Buffer.from(unit.repeat(20_000)));
    const reader = new LineReader({ maxBytes: 1_000_000, carriageReturns: true }, new TextDecoder());
    CountedBytes.looked = 0;
    for (const _ of reader.push(chunk));
    expect(CountedBytes.looked).toBeLessThanOrEqual(3 * chunk.length);
  });

  it('puts a line together from chunks of one byte, and holds one buffer for it', () => {
    const reader = new LineReader({ maxBytes: 1_000_000, carriageReturns: false }, new TextDecoder());
    const text = 'é'.repeat(100_000);
    const lines: string[] = [];
    for (const byte of Buffer.from(`${text}\n`)) lines.push(...reader.push(Uint8Array.of(byte)));
    expect(lines).toEqual([text]);
    expect(reader.pendingBytes).toBe(0);
  });

  it('takes a line of the most bytes and no longer one, in one chunk or several', () => {
    for (const chunks of [['12345\n'], ['12', '345', '\n']]) {
      const read = (maxBytes: number) => {
        const reader = new LineReader({ maxBytes, carriageReturns: false }, new TextDecoder());
        return chunks.flatMap((chunk) => [...reader.push(Buffer.from(chunk))]);
      };
      expect(read(5)).toEqual(['12345']);
      expect(() => read(4)).toThrow('a line is longer than 4 bytes (maxItemBytes)');
    }
  });
});
