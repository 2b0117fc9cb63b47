import { CallError } from '../errors/call-error.ts';
import type { Operation } from '../operations/operation.ts';
import type { Issue } from '../schemas/issue.ts';
import { jsonSchemaOf } from '../schemas/schema.ts';

/** Unknown members that an error names at most. */
const maxNamed = 20;
const known = new WeakMap<Operation, ReadonlySet<string> | 'open'>();

/**
 * Refuses members that a strict schema does not know, before anything is validated: a validator looks at all other members
 * first. Does nothing if the schema allows further members, or if its library gives no JSON Schema.
 *
 * @throws CallError `invalid_input`
 */
export function refuseUnknownMembers(operation: Operation, input: unknown): void {
  const members = knownMembers(operation);
  if (members === 'open' || typeof input !== 'object' || input === null || Array.isArray(input)) return;
  const issues: Issue[] = [];
  for (const path of Object.keys(input)) {
    if (members.has(path)) continue;
    issues.push({ path, message: `${JSON.stringify(path)} is not known` });
    if (issues.length === maxNamed) break;
  }
  if (issues.length > 0) throw new CallError('invalid_input', 'Input does not fit the contract', { issues });
}

function knownMembers(operation: Operation): ReadonlySet<string> | 'open' {
  const before = known.get(operation);
  if (before) return before;
  const { properties, additionalProperties, patternProperties } = operation.input
    ? jsonSchemaOf(operation.input, 'input')
    : {};
  const isStrict = additionalProperties === false && properties !== undefined && patternProperties === undefined;
  const members = isStrict ? new Set(Object.keys(properties as object)) : 'open';
  known.set(operation, members);
  return members;
}
