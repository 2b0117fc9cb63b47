import type { Problem } from '../errors/problem.ts';
import { LineReader } from './line-reader.ts';
import {
  cutOff,
  itemText,
  parsedJson,
  type StreamFrame,
  type StreamFraming,
  type StreamLimits,
  type StreamParser,
} from './stream-framing.ts';

/** The one member of a last line that reports a failure. */
const problemMember = '$problem';

/**
 * One JSON text a line. A last line `{"$problem": {…}}` reports a failure in mid-stream; an empty line is a heartbeat.
 * A complete stream has no mark of its own: it ends with the HTTP body (the last chunk, or END_STREAM), which
 * a cut connection doesn't have. Its last line needs no line feed.
 */
export const ndjson: StreamFraming = {
  mediaType: 'application/x-ndjson',
  item(value) {
    if (isProblemLine(value)) throw new TypeError(`an item of a stream cannot be { ${problemMember} }`);
    return `${itemText(value)}\n`;
  },
  problem: (problem) => `${JSON.stringify({ [problemMember]: problem })}\n`,
  end: '',
  heartbeat: '\n',
  parser: (limits) => new NdjsonParser(limits),
};

class NdjsonParser implements StreamParser {
  readonly #lines: LineReader;

  constructor({ maxItemBytes }: StreamLimits) {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    this.#lines = new LineReader({ maxBytes: maxItemBytes, carriageReturns: false }, decoder);
  }

  *push(chunk: Uint8Array): Generator<StreamFrame> {
    for (const line of this.#lines.push(chunk)) {
      if (line.trim() !== '') yield frameOf(parsedJson(line));
    }
  }

  // Many writers put line feeds between items, and none after the last.
  end(): readonly StreamFrame[] {
    try {
      const line = this.#lines.rest();
      return line.trim() === '' ? [] : [frameOf(parsedJson(line))];
    } catch {
      throw cutOff();
    }
  }
}

function frameOf(value: unknown): StreamFrame {
  return isProblemLine(value) ? { kind: 'problem', problem: value[problemMember] } : { kind: 'item', value };
}

function isProblemLine(value: unknown): value is { readonly [problemMember]: Problem } {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, problemMember)) return false;
  return Object.keys(value).length === 1;
}
