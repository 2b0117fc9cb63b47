import { type Contract, ownMembers } from '@parley/contract';
import { anyForm, checkForms, functionsForm, type OptionForms } from '../options/option-form.ts';
import { expectTimerMs } from '../options/timer.ts';
import type { Middleware } from './either-version.ts';

/** Options of one operation. They go before the app's options, and before `bodyLimits` in the contract. */
export interface OperationOptions {
  /** The longest that a request may take, in ms; a caller may ask for less. Default: the app's. */
  readonly requestTimeoutMs?: number;
  /** The largest body, in bytes, as sent and after inflation. Default: of the contract, then the app's. */
  readonly bodyLimitBytes?: number;
  /** Express middleware of yours, of version 5 or 4, after authentication and before the body is read. Default: none. */
  readonly middleware?: readonly Middleware[];
}

/** Options by the name of an operation. */
export type OptionsOfOperations<C extends Contract> = {
  readonly [Name in keyof C['operations']]?: OperationOptions;
};

const operationForms: OptionForms<OperationOptions> = {
  requestTimeoutMs: anyForm,
  bodyLimitBytes: anyForm,
  middleware: functionsForm('[cookieParser()]'),
};

/**
 * Checks the options of each operation, and gives them by name.
 *
 * @throws TypeError if the contract has no such operation, or a value makes no sense
 */
export function checkedOperationOptions(
  { name, operations }: Contract,
  given: object,
): Readonly<Record<string, OperationOptions | undefined>> {
  const options = ownMembers(given as Readonly<Record<string, OperationOptions | undefined>>);
  for (const [operation, own] of Object.entries(options)) {
    if (!Object.hasOwn(operations, operation)) {
      const known = Object.keys(operations).join(', ');
      throw new TypeError(`operations has ${operation}, which contract ${name} lacks: use one of ${known}`);
    }
    if (own === undefined) continue;
    checkForms(`operations.${operation}`, own, operationForms, `operations.${operation}.`);
    const { requestTimeoutMs, bodyLimitBytes } = own;
    if (requestTimeoutMs !== undefined) expectTimerMs(`operations.${operation}.requestTimeoutMs`, requestTimeoutMs);
    if (bodyLimitBytes !== undefined && !(Number.isInteger(bodyLimitBytes) && bodyLimitBytes >= 1)) {
      throw new TypeError(
        `operations.${operation}.bodyLimitBytes must be a whole number from 1, not ${bodyLimitBytes}`,
      );
    }
  }
  return options;
}
