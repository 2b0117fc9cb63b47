import { CallError } from '../errors/call-error.ts';
import type { Operation } from '../operations/operation.ts';
import { jsonSchemaOf } from '../schemas/schema.ts';

const scalars = new Set<unknown>(['string', 'number', 'integer', 'boolean', 'null']);
const known = new WeakMap<Operation, ReadonlySet<string>>();

/**
 * Refuses a query parameter that comes twice where the contract wants one value. A validator that coerces would read
 * `"a,b"`, and a proxy in front may have looked at the other value.
 *
 * @throws CallError `invalid_input`
 */
export function refuseRepeatedParameters(operation: Operation, query: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(query)) {
    if (Array.isArray(query[name]) && singleParameters(operation).has(name)) {
      const issues = [{ path: name, message: 'must come once' }];
      throw new CallError('invalid_input', 'Input does not fit the contract', { issues });
    }
  }
}

/** The parameters that take one value, by the JSON Schema of the input; none where its library gives no JSON Schema. */
function singleParameters(operation: Operation): ReadonlySet<string> {
  const before = known.get(operation);
  if (before) return before;
  const { properties = {} } = operation.input ? jsonSchemaOf(operation.input, 'input') : {};
  const names = Object.entries(properties as Record<string, { type?: unknown }>)
    .filter(([, { type }]) => [type].flat().every((one) => scalars.has(one)))
    .map(([name]) => name);
  const single = new Set(names);
  known.set(operation, single);
  return single;
}
