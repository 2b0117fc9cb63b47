import { ownMembers } from '../members/own-members.ts';
import { nearestName } from '../text/nearest-name.ts';
import type { OperationOptions } from './operation.ts';

/** Every option of an operation: the compiler finds one that is missing here. */
const known: Readonly<Record<keyof OperationOptions<undefined, undefined>, true>> = {
  summary: true,
  input: true,
  output: true,
  errors: true,
  status: true,
  safety: true,
  cache: true,
  invalidates: true,
  auth: true,
  bodyLimits: true,
  mayCompress: true,
  deprecated: true,
  sunset: true,
  examples: true,
  requestHeaders: true,
  responseHeaders: true,
};

/**
 * Refuses an operation whose options have a name that there is not, or a summary that is no text: for code without types,
 * in which a misspelled `output` would be an operation without a reply.
 *
 * @param label of the operation: `GET /api/things`
 * @throws TypeError with the nearest name that there is
 */
export function checkDefinition(label: string, options: object): void {
  const given: Readonly<Record<string, unknown>> = ownMembers({ ...options });
  const names = Object.keys(known);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, names);
    const hint = nearest === undefined ? '' : `did you mean ${nearest}? `;
    throw new TypeError(`${label} has no option ${unknown}: ${hint}It takes ${names.join(', ')}`);
  }
  if (given.summary !== undefined && typeof given.summary !== 'string') {
    throw new TypeError(
      `${label} must have a text as its summary, one line of what it does, not ${typeof given.summary}`,
    );
  }
}
