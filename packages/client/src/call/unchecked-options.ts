import type { Contract, Operation } from '@parley/contract';
import { definedMembers } from '../options/defined-members.ts';
import type { GivenCallOptions } from './call-options.ts';
import type { OperationDefaults } from './operation-options.ts';

/**
 * The own options of one call, unchecked. It stands in for `call-options.ts` in pages and workers, by package.json's
 * `imports`: types and tests on Node find what it would refuse, and in a bundle the checks would be 1 kB.
 */
export function callOptions<Options extends GivenCallOptions>(_operation: Operation, given: Options): Options {
  return definedMembers(given);
}

/** The options by operation, unchecked, in place of `operation-options.ts`. */
export function operationDefaults(
  _contract: Contract,
  given: Readonly<Record<string, OperationDefaults | undefined>> = {},
): ReadonlyMap<string, OperationDefaults | undefined> {
  return new Map(Object.entries(given));
}
