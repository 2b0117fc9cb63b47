import { CallError } from '../errors/call-error.ts';
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

/**
 * Server-sent events: each message is an item, `event: problem` reports a failure in mid-stream, and `event: end` that
 * the stream is complete. An end without it is a cut: proxies end event streams properly when their timeout has passed.
 */
export const eventStream: StreamFraming = {
  mediaType: 'text/event-stream',
  // JSON has no line break outside of escapes: one data line holds it.
  item: (value) => `data: ${itemText(value)}\n\n`,
  problem: (problem) => `event: problem\ndata: ${JSON.stringify(problem)}\n\n`,
  end: 'event: end\ndata:\n\n',
  heartbeat: ': ping\n\n',
  parser: (limits) => new EventStreamParser(limits),
};

const utf8 = new TextEncoder();

/**
 * Reads an event stream by the WHATWG HTML standard (§9.2.6): BOM, LF, CR and CRLF, comments, data in several
 * lines. `id` and `retry` are ignored, since the client does not reconnect; so are events of other types.
 */
class EventStreamParser implements StreamParser {
  readonly #lines: LineReader;
  readonly #maxItemBytes: number;
  #isFirstLine = true;
  #type = '';
  #data: string[] = [];
  #size = 0;
  #hasEnded = false;

  constructor({ maxItemBytes }: StreamLimits) {
    // A field name and a space come on top of the item. The BOM is ours to see: it counts at the very start only.
    const options = { maxBytes: maxItemBytes + 16, carriageReturns: true };
    this.#lines = new LineReader(options, new TextDecoder('utf-8', { ignoreBOM: true }));
    this.#maxItemBytes = maxItemBytes;
  }

  *push(chunk: Uint8Array): Generator<StreamFrame> {
    for (const line of this.#lines.push(chunk)) {
      const frame = this.#read(this.#isFirstLine ? line.replace(/^\uFEFF/, '') : line);
      this.#isFirstLine = false;
      if (!frame) continue;
      this.#hasEnded ||= frame.kind !== 'item';
      yield frame;
    }
  }

  end(): readonly StreamFrame[] {
    if (!this.#hasEnded) throw cutOff();
    return [];
  }

  #read(line: string): StreamFrame | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#type = value;
    if (field === 'data') this.#add(value);
    return undefined;
  }

  #add(value: string): void {
    this.#size += utf8.encode(value).length + 1;
    if (this.#size > this.#maxItemBytes + 1) {
      throw new CallError('invalid_reply', `an event is longer than ${this.#maxItemBytes} bytes (maxItemBytes)`);
    }
    this.#data.push(value);
  }

  #dispatch(): StreamFrame | undefined {
    const [type, data] = [this.#type, this.#data];
    this.#type = '';
    this.#data = [];
    this.#size = 0;
    if (data.length === 0) return undefined;
    const text = data.join('\n');
    if (type === '' || type === 'message') return { kind: 'item', value: parsedJson(text) };
    if (type === 'problem') return { kind: 'problem', problem: parsedJson(text) as Problem };
    return type === 'end' ? { kind: 'end' } : undefined;
  }
}
