import { describe, expect, it } from '@jest/globals';
import {
  boundedText,
  errorOfReply,
  framings,
  idempotencyKeyOf,
  parseAttemptsLeft,
  parseServerTiming,
  parseTraceparent,
  pathPattern,
  pathTemplate,
  queryParser,
  reportedUtilization,
  validate,
} from '@parley/contract';
import { z } from 'zod';
import { retryAfterMs } from '../../packages/client/src/time/retry-after.ts';
import { codingsOf } from '../../packages/client/src/transport/decompression.ts';
import { parseTracestate } from '../../packages/contract/src/context/trace-state.ts';
import { namesTag } from '../../packages/contract/src/wire/entity-tag.ts';
import { loggedError } from '../../packages/service/src/process/logged-error.ts';
import { chooseCoding } from '../../packages/service/src/replies/content-coding.ts';
import { unmarkTags } from '../../packages/service/src/replies/entity-tag.ts';
import { exceededLimit } from '../../packages/service/src/requests/json-limits.ts';
import { guestbook } from '../../services/guestbook/contract/contract.ts';
import { hello } from '../../services/hello/contract/contract.ts';
import { preferredGreeting } from '../../services/hello/preferred-greeting.ts';

/** Makes an input of about this many characters, and what reads it. */
type Parser = readonly [what: string, inputOf: (length: number) => string, read: (input: string) => unknown];

/** Characters of the smaller input. The larger one is eight times as long: 16 KiB, all the headers of a request. */
const shortLength = 2048;
const factor = 8;
/** Eight times the input takes about eight times the work; the square of it would be 64 times. */
const mostGrowth = 24;

const repeat = (unit: string) => (length: number) => unit.repeat(Math.ceil(length / unit.length));
const around = (before: string, unit: string, after: string) => (length: number) =>
  before + repeat(unit)(length) + after;
const numbered = (one: (n: number) => string, separator: string) => (length: number) =>
  Array.from({ length: Math.ceil(length / 8) }, (_, n) => one(100_000 + n)).join(separator);

/** What a parser refuses it has read nevertheless. */
const settled = (read: () => unknown) => {
  try {
    return read();
  } catch (error) {
    return error;
  }
};
const unlimited = { maxParameters: Number.MAX_SAFE_INTEGER };
const query = (text: string) => queryParser(unlimited)(text);
const limits = { maxDepth: Number.POSITIVE_INFINITY, maxValues: Number.POSITIVE_INFINITY };
const json = (text: string) => exceededLimit(Buffer.from(text), limits);
const pattern = pathPattern('/api/{a}/things/{b}/more/{c}');
const template = pathTemplate('/api/{a}/things/{b}');
const inputOf = (name: 'addVisit' | 'getVisit' | 'listVisits') => guestbook.operations[name].input;
const greetings = { listGreetings: async () => ({ greetings: [{ language: 'fr', template: '{name}' }] }) };
/** As hello serves it: its contract bounds the header to 1000 characters. */
const languageOf = (acceptLanguage: string) => {
  const validation = validate(hello.operations.sayHello.input, { acceptLanguage });
  return 'issues' in validation ? validation : preferredGreeting(greetings as never, acceptLanguage);
};

/** Reads a stream in chunks of one size: a line of a stream may be much longer than a header. */
const stream = (framing: 'ndjson' | 'sse', chunkBytes: number) => (text: string) => {
  const bytes = Buffer.from(text);
  const parser = framings[framing].parser({ maxItemBytes: 10_000_000 });
  let frames = 0;
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    for (const _ of parser.push(bytes.subarray(at, at + chunkBytes))) frames++;
  }
  return frames;
};
const long = (inputOf: (length: number) => string) => (length: number) => inputOf(length * 4);

const parsers: readonly Parser[] = [
  ['query: one name, again and again', repeat('a&'), query],
  ['query: the same with values', repeat('a=1&'), query],
  ['query: the same, encoded', repeat('%61=+&'), query],
  ['query: many names', numbered((n) => `a${n}`, '&'), query],
  ['query: many names, encoded', numbered((n) => `%61${n}`, '&'), query],
  ['query: separators alone', repeat('&'), query],
  ['query: equals signs alone', repeat('='), query],
  ['query: a broken end', around('', '%41', '%'), query],
  ['path: slashes alone', repeat('/'), (path) => pattern.exec(path)],
  ['path: many segments', around('/api', '/a', '!'), (path) => pattern.exec(path)],
  ['path: %2F', around('/api/', '%2F', '/things/'), (path) => pattern.exec(path)],
  ['path: parts of the template', around('', '/api/things/more', '/'), (path) => pattern.exec(path)],
  ['path template: slashes', around('/', 'a/', ''), (path) => pathTemplate(path)],
  ['path template: values', repeat('é/'), (value) => template.build({ a: value, b: value })],
  ['Accept-Encoding: elements', repeat('br;q=0.1,'), chooseCoding],
  ['Accept-Encoding: parameters', repeat('br;q=0.1;'), chooseCoding],
  ['Accept-Encoding: commas', repeat(','), chooseCoding],
  ['Accept-Encoding: spaces', around('br', ' ', 'x'), chooseCoding],
  ['Content-Encoding of a reply', repeat('identity,'), codingsOf],
  ['Content-Encoding of a reply: unknown', repeat('x'), codingsOf],
  ['hello: Accept-Language', repeat('aa-bb;q=0.1,'), (acceptLanguage) => languageOf(acceptLanguage)],
  ['hello: Accept-Language of spaces', around('a', ' ', ';'), (acceptLanguage) => languageOf(acceptLanguage)],
  ['If-None-Match: many tags', repeat('"v1", '), (text) => namesTag(text, '"v2"', 'weak')],
  ['If-None-Match: quotes', repeat('"'), (text) => namesTag(text, '"v2"', 'weak')],
  ['If-None-Match: W/', repeat('W/'), (text) => namesTag(text, '"v2"', 'weak')],
  ['If-Match: one tag without end', around('"', 'a', ''), (text) => namesTag(text, '"v2"', 'strong')],
  ['If-Match: marks', around('"', '--br', '"'), unmarkTags],
  ['If-Match: tags with marks', repeat('"a--gzip",'), unmarkTags],
  ['traceparent: a later version', around(`01-${'a'.repeat(32)}-${'b'.repeat(16)}-01-`, '-', ''), parseTraceparent],
  ['traceparent: zeros', repeat('0'), parseTraceparent],
  ['tracestate: members', repeat('a=b,'), parseTracestate],
  ['tracestate: commas', repeat(', '), parseTracestate],
  ['tracestate: one key', around('', 'a@', '='), parseTracestate],
  ['tracestate: one value', around('a=', ' ', 'x'), parseTracestate],
  ['x-attempts-left', repeat('9'), parseAttemptsLeft],
  ['Idempotency-Key: escapes', around('"', '\\"', ''), idempotencyKeyOf],
  ['Idempotency-Key: bare', around('', 'a', ','), idempotencyKeyOf],
  ['Server-Timing: entries', repeat('a;dur=1,'), parseServerTiming],
  ['Server-Timing: parameters', around('a', ';dur', ''), parseServerTiming],
  ['Server-Timing: digits', around('a;dur=', '1', '.'), parseServerTiming],
  ['endpoint-load-metrics: members', around('TEXT ', 'a=1,', ''), reportedUtilization],
  ['endpoint-load-metrics: commas', around('TEXT ', ', ', ''), reportedUtilization],
  ['endpoint-load-metrics: names', around('TEXT ', 'application_utilization ,', ''), reportedUtilization],
  ['Retry-After: digits', repeat('9'), retryAfterMs],
  ['Retry-After: spaces', around('1', ' ', 'x'), retryAfterMs],
  ['JSON: arrays', repeat('['), json],
  ['JSON: objects', repeat('{"a":'), json],
  ['JSON: empty objects', around('[', '{},', '{}]'), json],
  ['JSON: spaces after a bracket', around('[', ' ', ''), json],
  ['JSON: spaces after brackets', repeat('[   '), json],
  ['JSON: quotes', repeat('"'), json],
  ['JSON: backslashes', around('"', '\\', ''), json],
  ['JSON: commas', repeat(','), json],
  ['NDJSON: a line byte by byte', long(around('"', 'a', '"\n')), stream('ndjson', 1)],
  ['NDJSON: empty lines', long(repeat('\n')), stream('ndjson', 65_536)],
  ['NDJSON: spaces', long(repeat(' ')), stream('ndjson', 16)],
  ['SSE: a line byte by byte', long(around('data: "', 'a', '"\n\n')), stream('sse', 1)],
  ['SSE: carriage returns alone', long(repeat('\r')), stream('sse', 1_000_000)],
  ['SSE: line feeds alone', long(repeat('\n')), stream('sse', 1_000_000)],
  ['SSE: a carriage return, and line feeds', long(around('\r', '\n', '')), stream('sse', 1_000_000)],
  ['SSE: comments', long(repeat(':\r')), stream('sse', 1_000_000)],
  ['SSE: data lines of one event', long(repeat('data:\n')), stream('sse', 1_000_000)],
  ['SSE: data lines, byte by byte', long(repeat('data:\r')), stream('sse', 1)],
  ['problem: detail', repeat('x'), (detail) => errorOfReply(400, { type: 'urn:parley:problem:x', detail }, {})],
  ['problem: type', around('urn:parley:problem:', 'x_', '!'), (type) => errorOfReply(400, { type }, {})],
  [
    'problem: errors',
    repeat('x'),
    ({ length }) => {
      const errors = Array.from({ length }, () => ({ path: 'a', message: 'b' }));
      return errorOfReply(400, { type: 'urn:parley:problem:x', errors }, {});
    },
  ],
  [
    'issues of a list in which all is wrong',
    repeat('x'),
    ({ length }) =>
      validate(
        z.array(z.string()),
        Array.from({ length: length / 16 }, () => 1),
      ),
  ],
  ['a text that is cut', repeat('😀'), (text) => boundedText(text, 100)],
  ['an error that is logged', repeat('$&'), (text) => loggedError(new Error(text))],
  ['guestbook: a name', around('', ' ', '\u0007'), (name) => validate(inputOf('addVisit'), { name })],
  ['guestbook: a note', around('a', '\n\t', '\u0007'), (note) => validate(inputOf('addVisit'), { name: 'a', note })],
  ['guestbook: an id', repeat('a-'), (id) => validate(inputOf('getVisit'), { id })],
  ['guestbook: a cursor', repeat('0'), (cursor) => validate(inputOf('listVisits'), { cursor })],
  ['guestbook: a limit', repeat('9'), (limit) => validate(inputOf('listVisits'), { limit })],
];

describe('the work of a parser grows with its input and not with the square of it', () => {
  it.each(parsers)('%s', (_what, inputOf, read) => {
    const [short, long] = [inputOf(shortLength), inputOf(shortLength * factor)];
    const run = (input: string) => settled(() => read(input));
    for (let i = 0; i < 5; i++) run(short);
    // Enough runs of the short one that its time is well above what a clock can tell, and the same work of the long one.
    const runs = runsFor(() => run(short));
    let growth = Number.POSITIVE_INFINITY;
    // The least of several: another process, or the garbage collector, only ever adds to it.
    for (let round = 0; round < 7 && growth > mostGrowth / 2; round++) {
      const shortMs = cpuMs(() => run(short), runs);
      const longMs = cpuMs(() => run(long), Math.max(1, Math.ceil(runs / factor)));
      growth = Math.min(growth, longMs / Math.max(shortMs, 0.000_1));
    }
    expect(growth).toBeLessThan(mostGrowth);
  });
});

/** How often something runs in about 1 ms of CPU. */
function runsFor(work: () => unknown): number {
  let runs = 1;
  while (runs < 100_000 && cpuMs(work, runs) * runs < 1) runs *= 2;
  return runs;
}

/** CPU of this process for one run, in ms. */
function cpuMs(work: () => unknown, runs: number): number {
  const before = process.cpuUsage();
  for (let run = 0; run < runs; run++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / runs;
}
