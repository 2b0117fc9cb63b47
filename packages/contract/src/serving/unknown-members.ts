import { CallError } from '../errors/call-error.ts';
import { inputMembers } from '../operations/input-members.ts';
import type { Operation } from '../operations/operation.ts';
import type { Issue } from '../schemas/issue.ts';

/** Unknown members that an error names at most. */
const maxNamed = 20;

/**
 * Refuses members that a strict schema does not know, before anything is validated: a validator looks at all other members
 * first. Does nothing if the schema allows further members, or if its library gives no JSON Schema.
 *
 * @throws CallError `invalid_input`
 */
export function refuseUnknownMembers(operation: Operation, input: unknown): void {
  const members = inputMembers(operation).known;
  if (!members || typeof input !== 'object' || input === null || Array.isArray(input)) return;
  const issues: Issue[] = [];
  for (const path of Object.keys(input)) {
    if (members.has(path)) continue;
    issues.push({ path, message: `${JSON.stringify(path)} is not known` });
    if (issues.length === maxNamed) break;
  }
  if (issues.length > 0) throw new CallError('invalid_input', 'Input does not fit the contract', { issues });
}
