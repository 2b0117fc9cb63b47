import { membersSchema } from '../bodies/with-body.ts';
import { objectMembers, wireSchemaOf } from '../schemas/json-schema.ts';
import type { ScalarType } from '../wire/text-schema.ts';
import { textTypeOf } from '../wire/text-type.ts';
import type { Operation } from './operation.ts';

const remembered = new WeakMap<Operation, ReadonlyMap<string, ReadonlySet<ScalarType>>>();

/** The members of an output that travel as headers, with what the text of each stands for; found once per operation. */
export function outputHeaders(operation: Operation): ReadonlyMap<string, ReadonlySet<ScalarType>> {
  const before = remembered.get(operation);
  if (before) return before;
  const { output, responseHeaders } = operation;
  const json = output ? wireSchemaOf(membersSchema(output), 'input') : {};
  const object = objectMembers(json);
  const types = responseHeaders.map(([member]) => {
    const { scalars } = textTypeOf(object?.schemas.get(member) ?? [{}], json, false);
    return [member, scalars ?? new Set<ScalarType>()] as const;
  });
  const headers = new Map(types);
  remembered.set(operation, headers);
  return headers;
}
