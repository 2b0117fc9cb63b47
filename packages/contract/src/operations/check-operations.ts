import { isStream } from '../streams/stream.ts';
import { authFault } from './auth-fault.ts';
import { bodyLimitsFault } from './body-limits-fault.ts';
import { cacheFault } from './cache-fault.ts';
import { deprecationFault } from './deprecation.ts';
import { examplesFault } from './examples-fault.ts';
import { inputFault } from './input-fault.ts';
import type { Operation } from './operation.ts';
import { outputFault } from './output-fault.ts';
import { safetyFault } from './safety-fault.ts';
import { statusFault } from './status-fault.ts';

export { checkDefinition } from './check-definition.ts';

/**
 * Refuses operations that cannot work together, or that cannot work at all, and a contract whose name is not kebab-case.
 *
 * @param contract the name of their contract
 * @throws TypeError that names the operation or the contract, and says what to change
 */
export function checkOperations(contract: string, operations: Readonly<Record<string, Operation>>): void {
  if (!/^[a-z][a-z0-9-]*$/.test(contract)) {
    throw new TypeError(`contract name must be kebab-case, not ${JSON.stringify(contract)}`);
  }
  const seen = new Map<string, string>();
  for (const [operation, definition] of Object.entries(operations)) {
    const { label } = definition;
    const fault =
      safetyFault(definition) ??
      authFault(definition) ??
      cacheFault(definition) ??
      bodyLimitsFault(definition) ??
      deprecationFault(definition) ??
      inputFault(definition) ??
      outputFault(definition) ??
      statusFault(definition) ??
      streamFault(definition) ??
      examplesFault(definition);
    if (fault) throw new TypeError(`contract ${contract}: ${operation} ${fault}`);
    // Two templates that differ in parameter names only match the same requests, and are one path to OpenAPI.
    const shape = label.replace(/\{\w+\*?\}/g, '{}');
    const named = `${operation} (${label})`;
    const other = seen.get(shape);
    if (other) throw new TypeError(`contract ${contract}: ${other} and ${named} are for the same requests`);
    seen.set(shape, named);
  }
}

function streamFault({ output, responseHeaders }: Operation): string | undefined {
  const isFaulty = isStream(output) && responseHeaders.length > 0;
  return isFaulty ? 'gives a stream, whose items cannot travel in headers' : undefined;
}
