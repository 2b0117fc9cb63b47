import { CallError, jsonSchemaOf, type Operation } from '@parley/contract';

const scalars = new Set<unknown>(['string', 'number', 'integer', 'boolean', 'null']);
const known = new WeakMap<Operation, ReadonlySet<string>>();

/**
 * Refuses a query parameter that comes twice where the contract wants one: a validator that coerces would make `"a,b"` of
 * it, and a proxy in front may have looked at the other one.
 *
 * @throws CallError `invalid_input`
 */
export function refuseRepeated(operation: Operation, query: Readonly<Record<string, unknown>>): void {
  for (const name in query) {
    if (Array.isArray(query[name]) && singleParameters(operation).has(name)) {
      const issues = [{ path: name, message: 'must come once' }];
      throw new CallError('invalid_input', 'Input does not fit the contract', { issues });
    }
  }
}

/** Those of which the schema says that they are a single value; nothing is known where its library gives no JSON Schema. */
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
