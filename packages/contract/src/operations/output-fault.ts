import { formatOf } from '../bodies/body-format.ts';
import { bodySchema, isWithBody, membersSchema } from '../bodies/with-body.ts';
import { changedType } from '../schemas/changed-type.ts';
import { type JsonSchema, jsonSchemaFault, objectMembers, wireSchemaOf } from '../schemas/json-schema.ts';
import { notJson } from '../schemas/not-json.ts';
import type { Schema } from '../schemas/schema.ts';
import { isStream } from '../streams/stream.ts';
import { textTypeFault } from '../wire/text-type-fault.ts';
import type { Operation } from './operation.ts';

/**
 * Finds what is wrong with what an operation gives, its declared errors included, as the end of a sentence. Undefined if
 * clients get what its handler gives: a service sends what comes out of a schema, and a client puts that into the same
 * schema again.
 */
export function outputFault({ output, responseHeaders, errors, safety }: Operation): string | undefined {
  const headers = responseHeaders.map(([member]) => member);
  for (const { code, data } of errors) {
    const fault = data && dataFault(data, []);
    if (fault) return `has the error ${code} with data ${fault}`;
  }
  if (!output)
    return headers.length > 0 ? `has responseHeaders, but no output that has the member ${headers[0]}` : undefined;
  if (safety === 'keyed' && formatOf(bodySchema(output)) === 'bytes') {
    return 'is keyed, but gives bytes, which no store keeps: give the address of another operation that does';
  }
  const fault = isWithBody(output)
    ? (besideBody(output.members, headers) ?? dataFault(output.body, []))
    : dataFault(output, headers);
  if (fault) return `has ${isStream(output) ? 'a stream of items' : 'an output'} ${fault}`;
  return headers.length > 0 ? headersFault(output, headers) : undefined;
}

function dataFault(schema: Schema, headers: readonly string[]): string | undefined {
  const unknown = jsonSchemaFault(schema);
  if (unknown) return `whose schema ${unknown}`;
  const given = wireSchemaOf(schema, 'output');
  const taken = wireSchemaOf(schema, 'input');
  const strange = notJson(without(taken, headers), 'in') ?? notJson(without(given, headers), 'out');
  if (strange) return `in which ${strange}`;
  const changed = changedType(given, taken);
  return changed && `that no client could read: ${changed}`;
}

/** All that is beside a body travels in headers. */
function besideBody(members: Schema, headers: readonly string[]): string | undefined {
  const json = wireSchemaOf(members, 'output');
  const object = objectMembers(json);
  if (!object) return 'whose members beside the body are no object';
  const stray = [...object.schemas.keys()].find((name) => !headers.includes(name));
  return stray === undefined ? undefined : `with ${stray} beside its body: give it a header in responseHeaders`;
}

function headersFault(output: Schema, headers: readonly string[]): string | undefined {
  const json = wireSchemaOf(membersSchema(output), 'input');
  const object = objectMembers(json);
  if (!object) return 'has responseHeaders, but an output that is no object';
  for (const member of headers) {
    const schemas = object.schemas.get(member);
    if (!schemas) return `gives ${member} in a header, but its output has no such member`;
    const fault = textTypeFault(schemas, json, false);
    if (fault) return `has the header member ${member}, which ${fault}`;
  }
  return undefined;
}

function without(schema: JsonSchema, members: readonly string[]): JsonSchema {
  if (members.length === 0 || typeof schema.properties !== 'object') return schema;
  const kept = Object.entries(schema.properties as object).filter(([name]) => !members.includes(name));
  return { ...schema, properties: Object.fromEntries(kept) };
}
