import { type BodyFormat, formatOf, isForm } from '../bodies/body-format.ts';
import { bodySchema, isWithBody, membersSchema } from '../bodies/with-body.ts';
import {
  type JsonSchema,
  jsonSchemaFault,
  type ObjectMembers,
  objectMembers,
  wireSchemaOf,
} from '../schemas/json-schema.ts';
import { notJson } from '../schemas/not-json.ts';
import type { Schema } from '../schemas/schema.ts';
import { fileTypeOf } from '../wire/file-type.ts';
import { textTypeOf } from '../wire/text-type.ts';
import { textTypeFault } from '../wire/text-type-fault.ts';
import type { Operation } from './operation.ts';

/** Formats of bodies that are not kept. */
const streamed: ReadonlySet<BodyFormat> = new Set(['bytes', 'multipart']);

/** Finds what is wrong with an operation's input, as the end of a sentence. Undefined if a server gets what its clients send. */
export function inputFault(operation: Operation): string | undefined {
  const { input, path, method, safety } = operation;
  if (!input) return missingInputFault(path.parameters);
  if (isWithBody(input) && (method === 'GET' || method === 'DELETE')) return `is ${method}, which has no body`;
  const format = formatOf(input);
  if (format === 'text' || format === 'bytes') {
    return 'has an input that is no object: put it beside the other members, withBody(z.object({ … }), …), as its body';
  }
  if (safety === 'keyed' && streamed.has(formatOf(bodySchema(input)))) {
    return 'is keyed, but takes bytes or files, which no store keeps: nobody could tell whether a repeated request has the same';
  }
  const members = membersSchema(input);
  const unknown = jsonSchemaFault(members);
  if (unknown) return `has an input whose schema ${unknown}`;
  const json = wireSchemaOf(members, 'input');
  const object = objectMembers(json);
  if (!object)
    return 'has an input that is no object: its members travel in path, query, headers and body, so make it an object schema';
  const described: DescribedInput = { ...operation, input, format, json, object };
  return pathFault(described) ?? headerFault(described) ?? membersFault(described) ?? restFault(described);
}

/** An operation with an input that is an object. */
interface DescribedInput extends Operation {
  readonly input: Schema;
  readonly format: BodyFormat;
  readonly json: JsonSchema;
  readonly object: ObjectMembers;
}

function missingInputFault([parameter]: readonly string[]): string | undefined {
  if (parameter === undefined) return undefined;
  return `has the path parameter {${parameter}}, but no input: add an object schema with the member ${parameter}`;
}

function pathFault({ path, object }: DescribedInput): string | undefined {
  for (const name of path.parameters) {
    if (!object.schemas.has(name))
      return `has the path parameter {${name}}, which its input lacks: add the member ${name}`;
    if (!object.required.has(name))
      return `has the path parameter {${name}}, which its input may leave out: a path needs it`;
  }
  return undefined;
}

function headerFault({ requestHeaders, object }: DescribedInput): string | undefined {
  const lacking = requestHeaders.find(([name]) => !object.schemas.has(name));
  return lacking && `takes ${lacking[0]} from a header, but its input has no such member`;
}

function membersFault(input: DescribedInput): string | undefined {
  for (const [name, schemas] of input.object.schemas) {
    const fault = memberFault(name, schemas, input);
    if (fault) return fault;
  }
  return undefined;
}

function memberFault(name: string, schemas: readonly JsonSchema[], input: DescribedInput): string | undefined {
  const { format, json, object } = input;
  const place = placeOf(name, input);
  const isFile = fileTypeOf(schemas, json) !== undefined;
  if (place === 'form' && isFile && format === 'form')
    return `has the form member ${name}, which is a file: use multipart`;
  if (place === 'body' || (place === 'form' && isFile)) return undefined;
  const mayRepeat = place === 'query' || place === 'form';
  const fault = textTypeFault(schemas, json, mayRepeat);
  if (fault) return `has the ${place} member ${name}, which ${fault}`;
  if (textTypeOf(schemas, json, mayRepeat).elements && object.schemas.has(`${name}[]`)) {
    return `has the query members ${name} and ${name}[]: the second is how an empty list ${name} is sent`;
  }
  return undefined;
}

/** Where a member travels. */
function placeOf(name: string, { path, requestHeaders, format, rest }: DescribedInput) {
  if (path.parameters.includes(name)) return 'path';
  if (requestHeaders.some(([member]) => member === name)) return 'header';
  return isForm(format) ? 'form' : rest;
}

/** What is wrong with what is no member: the body, and further members of a query. */
function restFault({ input, format, method, rest, json, object }: DescribedInput): string | undefined {
  if (isForm(format)) return undefined;
  const body = isWithBody(input) ? input.body : rest === 'body' ? input : undefined;
  const strange = body && bodyFault(body);
  if (strange || rest === 'body') return strange;
  const further = object.further && textTypeFault([object.further], json, true);
  return further ? `is ${method}, and has further query members, each of which ${further}` : undefined;
}

function bodyFault(body: Schema): string | undefined {
  const unknown = jsonSchemaFault(body);
  if (unknown) return `has a body whose schema ${unknown}`;
  const strange = notJson(wireSchemaOf(body, 'input'), 'in');
  return strange && `has a body in which ${strange}`;
}
