import { isWithBody } from '../bodies/with-body.ts';
import { isRecord } from '../members/is-record.ts';
import { requestBody } from '../operations/body-of.ts';
import type { Example, Operation } from '../operations/operation.ts';
import type { Json } from './split-schema.ts';

/** Takes one part of an example: a parameter, a body. Undefined where it has none. */
type Part = (example: Example) => unknown;

/** OpenAPI's `examples` of one part of an operation's requests or replies. Empty where no example has this part. */
export function examplesOf({ examples }: Operation, part: Part): Json {
  const entries = Object.entries(examples ?? {}).flatMap(([name, example]): [string, Json][] => {
    const value = part(example);
    if (value === undefined) return [];
    const { summary } = example;
    return [[name, { ...(summary !== undefined && { summary }), value: plain(value) }]];
  });
  return entries.length > 0 ? { examples: Object.fromEntries(entries) } : {};
}

/** A parameter of a request. */
export function parameterOf(member: string): Part {
  return ({ input }) => own(input, member);
}

/** The body of a request. */
export function requestBodyOf(operation: Operation): Part {
  const elsewhere = [...operation.path.parameters, ...operation.requestHeaders.map(([member]) => member)];
  return ({ input }) => {
    const format = requestBody(operation)?.format;
    if (format === 'bytes' || format === 'multipart') return undefined;
    return isWithBody(operation.input) ? own(input, 'body') : without(input, elsewhere);
  };
}

/** The body of a reply. */
export function replyBodyOf({ output: schema, responseHeaders }: Operation): Part {
  const inHeaders = responseHeaders.map(([member]) => member);
  return ({ output }) => (isWithBody(schema) ? own(output, 'body') : without(output, inHeaders));
}

function own(value: unknown, member: string): unknown {
  return isRecord(value) && Object.hasOwn(value, member) ? value[member] : undefined;
}

function without(value: unknown, members: readonly string[]): unknown {
  if (!isRecord(value) || members.length === 0) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !members.includes(name)));
}

/** As it travels: dates and large integers are texts. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_name, one) => (typeof one === 'bigint' ? String(one) : one)));
}
