import { jsonSchemaFault, objectMembers, wireSchemaOf } from '../schemas/json-schema.ts';
import { notJson } from '../schemas/not-json.ts';
import { textTypeOf } from '../wire/text-type.ts';
import { textTypeFault } from '../wire/text-type-fault.ts';
import type { Operation } from './operation.ts';

/** Finds what is wrong with an operation's input, as the end of a sentence. Undefined if a server gets what its clients send. */
export function inputFault({ input, path, requestHeaders, rest, method }: Operation): string | undefined {
  const [parameter] = path.parameters;
  if (!input) {
    return (
      parameter &&
      `has the path parameter {${parameter}}, but no input: add an object schema with the member ${parameter}`
    );
  }
  const unknown = jsonSchemaFault(input);
  if (unknown) return `has an input whose schema ${unknown}`;
  const json = wireSchemaOf(input, 'input');
  const object = objectMembers(json);
  if (!object)
    return 'has an input that is no object: its members travel in path, query, headers and body, so make it an object schema';
  for (const name of path.parameters) {
    if (!object.schemas.has(name))
      return `has the path parameter {${name}}, which its input lacks: add the member ${name}`;
    if (!object.required.has(name))
      return `has the path parameter {${name}}, which its input may leave out: a path needs it`;
  }
  const headers = requestHeaders.map(([member]) => member);
  const lacking = headers.find((name) => !object.schemas.has(name));
  if (lacking !== undefined) return `takes ${lacking} from a header, but its input has no such member`;
  for (const [name, schemas] of object.schemas) {
    const place = path.parameters.includes(name) ? 'path' : headers.includes(name) ? 'header' : rest;
    if (place === 'body') continue;
    const fault = textTypeFault(schemas, json, place === 'query');
    if (fault) return `has the ${place} member ${name}, which ${fault}`;
    if (textTypeOf(schemas, json, place === 'query').elements && object.schemas.has(`${name}[]`)) {
      return `has the query members ${name} and ${name}[]: the second is how an empty list ${name} is sent`;
    }
  }
  if (rest === 'body') {
    const strange = notJson(json, 'in');
    return strange && `has a body in which ${strange}`;
  }
  const further = object.further && textTypeFault([object.further], json, true);
  return further ? `is ${method}, and has further query members, each of which ${further}` : undefined;
}
