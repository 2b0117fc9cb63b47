import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyText } from '../../test-fixtures/any-text.ts';
import { CallError } from '../errors/call-error.ts';
import { problemOf } from '../errors/problem.ts';
import { framings } from './framings.ts';
import type { StreamFrame } from './stream-framing.ts';

const problem = problemOf(new CallError('internal', 'broke'), undefined, 'r1');
const bytes = (text: string) => new TextEncoder().encode(text);

/** The frames of some chunks, and whether their end is a proper one. */
function framesOf(framing: 'ndjson' | 'sse', chunks: readonly Uint8Array[], maxItemBytes = 1_000_000) {
  const parser = framings[framing].parser({ maxItemBytes });
  const frames: StreamFrame[] = [];
  let end: unknown = 'proper';
  try {
    for (const chunk of chunks) for (const frame of parser.push(chunk)) frames.push(frame);
    frames.push(...parser.end());
  } catch (error) {
    end = (error as CallError).code;
  }
  return { frames, end };
}

/** Bytes cut at some places: none may be the middle of a character for all that the parser knows. */
function cut(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return sorted.slice(1).map((end, index) => whole.slice(sorted[index], end));
}

const places = fc.array(fc.nat(), { maxLength: 20 });

describe.each(['ndjson', 'sse'] as const)('%s', (framing) => {
  const { item, heartbeat, end, problem: problemText, parser } = framings[framing];

  it('gives back what was written, however it was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), places, (values, cuts) => {
        const text = values.map((value) => item(value) + heartbeat).join('') + end;
        const { frames, end: ended } = framesOf(framing, cut(bytes(text), cuts));
        // By way of JSON, which knows no -0.
        const expected = values.map((value) => ({ kind: 'item', value: JSON.parse(JSON.stringify(value)) }));
        expect(frames.filter(({ kind }) => kind === 'item')).toEqual(expected);
        expect(ended).toBe('proper');
      }),
    );
  });

  it('makes of any bytes the same, however they were cut', () => {
    const pieces = fc.constantFrom(
      'data: 1',
      'data',
      'event: end',
      ':',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '"é"',
      '{}',
      '\uFEFF',
    );
    const soup = fc.array(fc.oneof(pieces, anyText())).map((parts) => bytes(parts.join('')));
    fc.assert(
      fc.property(fc.oneof(soup, fc.uint8Array()), places, (whole, cuts) => {
        expect(framesOf(framing, cut(whole, cuts), 40)).toEqual(framesOf(framing, [whole], 40));
      }),
    );
  });

  it('tells of a problem at the end', () => {
    const { frames, end } = framesOf(framing, [bytes(item({ n: 1 }) + problemText(problem))]);
    expect(frames).toEqual([
      { kind: 'item', value: { n: 1 } },
      { kind: 'problem', problem },
    ]);
    expect(end).toBe('proper');
  });

  it('takes an item that was cut for an error', () => {
    expect(framesOf(framing, [bytes(item(1) + item({ n: 2 }).slice(0, -3))])).toEqual({
      frames: [{ kind: 'item', value: 1 }],
      end: 'unavailable',
    });
  });

  it('holds no more than one item may have', () => {
    const read = parser({ maxItemBytes: 100 });
    const endless = () => {
      for (let i = 0; i < 20; i++) for (const _ of read.push(bytes('data: 1234567'))) throw new Error('no item');
    };
    expect(endless).toThrow('longer than');
    expect(framesOf(framing, [bytes(item('x'.repeat(98)) + end)], 100).end).toBe('proper');
    expect(framesOf(framing, [bytes(item('x'.repeat(118)) + end)], 100).end).toBe('invalid_reply');
  });

  it('refuses what is no JSON', () => {
    expect(() => item(undefined)).toThrow('must be JSON');
    expect(framesOf(framing, [bytes(item(1).replace('1', 'one'))]).end).toBe('invalid_reply');
  });
});

describe('ndjson', () => {
  it('needs no line feed of Unix, and skips empty lines', () => {
    expect(
      framesOf('ndjson', [bytes('1\r\n\r\n\n 2 \n')]).frames.map((frame) => 'value' in frame && frame.value),
    ).toEqual([1, 2]);
  });

  it('takes a last line without a line feed, an item or a problem, however it was cut', () => {
    for (const line of ['{"n":2}', ' {"n":2}\r', `{"$problem":${JSON.stringify(problem)}}`]) {
      fc.assert(
        fc.property(places, (cuts) => {
          const { frames, end } = framesOf('ndjson', cut(bytes(`1\n${line}`), cuts));
          expect([frames.map(({ kind }) => kind), end]).toEqual([
            ['item', line.includes('$') ? 'problem' : 'item'],
            'proper',
          ]);
        }),
      );
    }
    expect(framesOf('ndjson', [bytes('1\n  ')])).toMatchObject({ frames: [{ value: 1 }], end: 'proper' });
  });

  it('takes a last line that is half an item, or half a character, for cut off', () => {
    const line = bytes('{"n":"é"}');
    for (let length = 1; length < line.length; length++) {
      expect(framesOf('ndjson', [bytes('1\n'), line.slice(0, length)])).toMatchObject({
        frames: [{ value: 1 }],
        end: 'unavailable',
      });
    }
  });

  it('bounds a last line without a line feed as any other', () => {
    expect(framesOf('ndjson', [bytes(`"${'x'.repeat(100)}"`)], 100).end).toBe('invalid_reply');
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(framesOf('ndjson', [Uint8Array.of(0x22, 0xff, 0x22, 0x0a)]).end).toBe('invalid_reply');
  });

  it('refuses an item that would be taken for a problem', () => {
    expect(() => framings.ndjson.item({ $problem: 1 })).toThrow('cannot be');
    expect(framings.ndjson.item({ $problem: 1, n: 1 })).toBe('{"$problem":1,"n":1}\n');
    const inherited = Object.assign(Object.create({ $problem: 1 }), { n: 1 });
    expect(framings.ndjson.item(inherited)).toBe('{"n":1}\n');
  });
});

describe('server-sent events', () => {
  const valuesOf = (text: string) =>
    framesOf('sse', [bytes(text)]).frames.map((frame) => ('value' in frame ? frame.value : frame.kind));

  it.each([
    ['a BOM at the start', '\uFEFFdata: 1\n\n', [1]],
    ['LF, CR and CRLF', 'data: 1\n\ndata: 2\r\rdata: 3\r\n\r\n', [1, 2, 3]],
    ['data in several lines', 'data: [1,\ndata:2]\n\n', [[1, 2]]],
    ['no space after the colon, and one of two', 'data:1\n\ndata:  2\n\n', [1, 2]],
    ['comments, id, retry and fields that nobody knows', ': x\nid: 7\nretry: 9\nfoo: 1\nbar\ndata: 1\n\n', [1]],
    ['events of other types, which it skips', 'event: other\ndata: no\n\ndata: 1\n\n', [1]],
    ['an event without data, which is none', 'event: problem\n\ndata: 1\n\n', [1]],
    ['the type message', 'event: message\ndata: 1\n\n', [1]],
    ['the end, also without a colon', 'data: 1\n\nevent: end\ndata\n\n', [1, 'end']],
    ['an event that is not closed, which is none', 'data: 1\n\ndata: 2\n', [1]],
  ])('takes %s', (_, text, values) => {
    expect(valuesOf(text)).toEqual(values);
  });

  it('takes a body that ends without the end event for cut off', () => {
    expect(framesOf('sse', [bytes('data: 1\n\n')]).end).toBe('unavailable');
  });

  it('bounds the data lines of one event together', () => {
    expect(framesOf('sse', [bytes('data: 1\n'.repeat(30))], 40).end).toBe('invalid_reply');
  });
});
