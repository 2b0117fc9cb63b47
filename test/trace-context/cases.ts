/**
 * The cases of the W3C test suite (github.com/w3c/trace-context, `test/test.py`: strict level 2, specification level 2),
 * under their names there.
 */

/** Header lines, in the order and spelling in which they are sent. */
export type Lines = readonly (readonly [name: string, value: string])[];

/** What the calls that a request causes must have. */
export interface Expected {
  /** Whether the trace of the request goes on. Absent: either. */
  readonly trace?: 'goes on' | 'is new';
  /** Members of the tracestate. */
  readonly has?: Readonly<Record<string, string>>;
  /** Keys that the tracestate must not have. */
  readonly lacks?: readonly string[];
  /** Exactly this tracestate. */
  readonly state?: string;
  readonly members?: number;
  readonly isRandom?: true;
}

/** One request of a case, and what is expected of the calls that it causes. */
export type Step = readonly [lines: Lines, expected: Expected];

/** A case: its steps, and how many calls each causes; 1 by default. */
export interface Case {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly calls?: number;
}

/** The trace that the requests are in. */
export const traceId = '12345678901234567890123456789012';
const valid = `00-${traceId}-1234567890123456-01`;
const unsampled = `00-${traceId}-1234567890123456-00`;
const wrongId = (id: string, span = '1234567890123456') => `00-${id}-${span}-01`;

const parent = (name: string, trace: 'goes on' | 'is new', ...values: readonly string[]): Case => ({
  name,
  steps: values.map((value): Step => [[['traceparent', value]], { trace }]),
});

/** A request with a valid traceparent and these lines of tracestate. */
const state = (lines: readonly string[], expected: Expected, name = 'tracestate'): Step => [
  [['traceparent', unsampled], ...lines.map((line) => [name, line] as const)],
  { trace: 'goes on', ...expected },
];

const keyed = (key: string): Step => state(['foo=1', `${key}=1`], { has: { foo: '1', [key]: '1' } });
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index).padStart(2, '0'))
    .map((number) => `bar${number}=${number}`)
    .join(',');
const thirtyTwo = [numbered(1, 10), numbered(11, 20), numbered(21, 30), numbered(31, 32)];

const keyCharacters = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/';
const valueCharacters = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index))
  .join('')
  .replace(/[,=]/g, '');

const traceparents: readonly Case[] = [
  { name: 'test_both_traceparent_and_tracestate_missing', steps: [[[], {}]] },
  parent('test_traceparent_included_tracestate_missing', 'goes on', valid),
  {
    name: 'test_traceparent_duplicated',
    steps: [
      [
        [
          ['traceparent', valid.replace('9012-', '9011-')],
          ['traceparent', valid],
        ],
        { trace: 'is new' },
      ],
    ],
  },
  {
    name: 'test_traceparent_header_name',
    steps: ['trace-parent', 'trace.parent'].map((name): Step => [[[name, valid]], { trace: 'is new' }]),
  },
  {
    name: 'test_traceparent_header_name_valid_casing',
    steps: ['TraceParent', 'TrAcEpArEnT', 'TRACEPARENT'].map((name): Step => [[[name, valid]], { trace: 'goes on' }]),
  },
  parent('test_traceparent_version_0x00', 'is new', `${valid}.`, `${valid}-what-the-future-will-be-like`),
  {
    name: 'test_traceparent_version_0xcc',
    steps: [
      [[['traceparent', valid.replace('00-', 'cc-')]], { trace: 'goes on' }],
      [[['traceparent', `${valid.replace('00-', 'cc-')}-what-the-future-will-be-like`]], { trace: 'goes on' }],
      [[['traceparent', `${valid.replace('00-', 'cc-')}.what-the-future-will-be-like`]], { trace: 'is new' }],
    ],
  },
  parent('test_traceparent_version_0xff', 'is new', valid.replace('00-', 'ff-')),
  parent(
    'test_traceparent_version_illegal_characters',
    'is new',
    valid.replace('00-', '.0-'),
    valid.replace('00-', '0.-'),
  ),
  parent('test_traceparent_version_too_long', 'is new', `0${valid}`, `00${valid}`),
  parent('test_traceparent_version_too_short', 'is new', valid.slice(1)),
  parent('test_traceparent_trace_id_all_zero', 'is new', wrongId('0'.repeat(32))),
  parent(
    'test_traceparent_trace_id_illegal_characters',
    'is new',
    wrongId('.2345678901234567890123456789012'),
    wrongId('1234567890123456789012345678901.'),
  ),
  parent('test_traceparent_trace_id_too_long', 'is new', wrongId(`${traceId}3`)),
  parent('test_traceparent_trace_id_too_short', 'is new', wrongId(traceId.slice(0, -1))),
  parent('test_traceparent_parent_id_all_zero', 'is new', wrongId(traceId, '0'.repeat(16))),
  parent(
    'test_traceparent_parent_id_illegal_characters',
    'is new',
    wrongId(traceId, '.234567890123456'),
    wrongId(traceId, '123456789012345.'),
  ),
  parent('test_traceparent_parent_id_too_long', 'is new', wrongId(traceId, '12345678901234567')),
  parent('test_traceparent_parent_id_too_short', 'is new', wrongId(traceId, '123456789012345')),
  parent(
    'test_traceparent_trace_flags_illegal_characters',
    'is new',
    valid.replace(/01$/, '.0'),
    valid.replace(/01$/, '0.'),
  ),
  parent('test_traceparent_trace_flags_too_long', 'is new', valid.replace(/01$/, '001')),
  parent('test_traceparent_trace_flags_too_short', 'is new', valid.replace(/01$/, '1')),
  parent(
    'test_traceparent_ows_handling',
    'goes on',
    ...[` ${valid}`, `\t${valid}`, `${valid} `, `${valid}\t`, `\t ${valid} \t`],
  ),
];

const tracestates: readonly Case[] = [
  {
    name: 'test_tracestate_included_traceparent_missing',
    steps: ['foo=1', 'foo=1,bar=2'].map((line): Step => [[['tracestate', line]], { trace: 'is new', members: 0 }]),
  },
  {
    name: 'test_tracestate_included_traceparent_included',
    steps: [state(['foo=1,bar=2'], { has: { foo: '1', bar: '2' } })],
  },
  {
    name: 'test_tracestate_header_name',
    steps: ['trace-state', 'trace.state'].map((name) => state(['foo=1'], { lacks: ['foo'] }, name)),
  },
  {
    name: 'test_tracestate_header_name_valid_casing',
    steps: ['TraceState', 'TrAcEsTaTe', 'TRACESTATE'].map((name) => state(['foo=1'], { has: { foo: '1' } }, name)),
  },
  {
    name: 'test_tracestate_empty_header',
    steps: [
      state([''], { members: 0 }),
      state(['foo=1', ''], { has: { foo: '1' } }),
      state(['', 'foo=1'], { has: { foo: '1' } }),
    ],
  },
  {
    name: 'test_tracestate_multiple_headers_different_keys',
    steps: [state(['foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'], { state: 'foo=1,bar=2,rojo=1,congo=2,baz=3' })],
  },
  {
    name: 'test_tracestate_duplicated_keys',
    steps: [['foo=1,foo=1'], ['foo=1,foo=2'], ['foo=1', 'foo=1'], ['foo=1', 'foo=2']].map((lines) =>
      state(lines, { has: { foo: '1' } }),
    ),
  },
  {
    name: 'test_tracestate_all_allowed_characters',
    steps: [keyCharacters, `${keyCharacters}@a-z0-9_-*/`].map((key) =>
      state([`${key}=${valueCharacters}`], { has: { [key]: valueCharacters } }),
    ),
  },
  {
    name: 'test_tracestate_ows_handling',
    steps: [
      ...['foo=1 \t , \t bar=2, \t baz=3', 'foo=1\t \t,\t \tbar=2,\t \tbaz=3'].map((line) =>
        state([line], { has: { foo: '1', bar: '2', baz: '3' } }),
      ),
      ...[' foo=1', '\tfoo=1', 'foo=1 ', 'foo=1\t', '\t foo=1 \t'].map((line) => state([line], { has: { foo: '1' } })),
    ],
  },
  {
    name: 'test_tracestate_key_illegal_characters',
    steps: ['foo =1', 'FOO=1', 'foo.bar=1'].map((line) => state([line], { members: 0 })),
  },
  {
    name: 'test_tracestate_key_illegal_vendor_format',
    steps: [
      ...['foo@', 'foo@@bar', 'foo@bar@baz'].map((key) => state([`${key}=1,bar=2`], { has: { [key]: '1', bar: '2' } })),
      state(['@foo=1,bar=2'], { lacks: ['bar'] }),
    ],
  },
  {
    name: 'test_tracestate_member_count_limit',
    steps: [
      state(thirtyTwo, { has: { bar01: '01' }, members: 32 }),
      state([...thirtyTwo, 'bar33=33'], { lacks: ['bar01'] }),
    ],
  },
  {
    name: 'test_tracestate_key_length_limit',
    steps: [
      keyed('z'.repeat(256)),
      state(['foo=1', `${'z'.repeat(257)}=1`], { lacks: ['foo'] }),
      keyed(`${'t'.repeat(241)}@${'v'.repeat(14)}`),
      keyed(`${'t'.repeat(242)}@v`),
      keyed(`t@${'v'.repeat(15)}`),
    ],
  },
  {
    name: 'test_tracestate_value_illegal_characters',
    steps: ['foo=bar=baz', 'foo=,bar=3'].map((line) => state([line], { lacks: ['foo', 'bar'] })),
  },
];

const others: readonly Case[] = [
  { ...parent('test_multiple_requests_with_valid_traceparent', 'goes on', valid), calls: 3 },
  { name: 'test_multiple_requests_without_traceparent', steps: [[[], { trace: 'is new' }]], calls: 3 },
  { ...parent('test_multiple_requests_with_illegal_traceparent', 'is new', wrongId('0'.repeat(32))), calls: 3 },
  {
    name: 'test_propagates_random_flag',
    steps: [[[['traceparent', valid.replace(/01$/, '02')]], { trace: 'goes on', isRandom: true }]],
  },
];

/** All 41. */
export const cases: readonly Case[] = [...traceparents, ...tracestates, ...others];
