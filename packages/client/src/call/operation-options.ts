import {
  type Bytes,
  type BytesCallOptionsOf,
  type CallOptionsOf,
  type Contract,
  isStream,
  type Operation,
  replyBody,
  type Schema,
  type Stream,
  type StreamCallOptionsOf,
  type WithBody,
} from '@parley/contract';
import { callOptions } from './call-options.ts';
import type { GivenOptions } from './repeat-options.ts';

type CallSetting = 'timeoutMs' | 'attemptTimeoutMs' | 'maxAttempts' | 'hedge';
type BytesSetting = 'timeoutMs' | 'attemptTimeoutMs' | 'maxAttempts' | 'idleTimeoutMs';
type StreamSetting = CallSetting | 'firstItemTimeoutMs' | 'idleTimeoutMs';

/** Options that hold for every call of one operation, unless the call sets its own. */
export type OperationOptions<O extends Operation> = O['output'] extends Stream
  ? Pick<StreamCallOptionsOf<O['safety']>, StreamSetting & keyof StreamCallOptionsOf<O['safety']>>
  : O['output'] extends Bytes | WithBody<Schema, Bytes>
    ? Pick<BytesCallOptionsOf<O['safety']>, BytesSetting & keyof BytesCallOptionsOf<O['safety']>>
    : Pick<CallOptionsOf<O['safety']>, CallSetting>;

/** What a client may be given beside its contract and its upstream. */
export interface ClientOptions<C extends Contract> {
  /** Options by operation, for example `{ report: { timeoutMs: 30_000, maxAttempts: 1 } }`. Default: those of the upstream. */
  readonly operations?: { readonly [Name in keyof C['operations']]?: OperationOptions<C['operations'][Name]> };
}

/** The options of one operation, whatever its safety. */
export interface OperationDefaults extends Pick<GivenOptions, CallSetting> {
  readonly firstItemTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
}

const ofCalls = ['timeoutMs', 'attemptTimeoutMs', 'maxAttempts', 'hedge'];
const ofBytes = ['timeoutMs', 'attemptTimeoutMs', 'maxAttempts', 'idleTimeoutMs'];
const ofStreams = [...ofCalls, 'firstItemTimeoutMs', 'idleTimeoutMs'];

/**
 * The options by operation, for callers without types checked as well.
 *
 * @throws TypeError that names an operation which the contract does not have, or an option which is not for its operation
 */
export function operationDefaults(
  { name, operations }: Contract,
  given: Readonly<Record<string, OperationDefaults | undefined>> = {},
): ReadonlyMap<string, OperationDefaults> {
  const defaults = new Map<string, OperationDefaults>();
  for (const [operationName, options] of Object.entries(given)) {
    const operation = Object.hasOwn(operations, operationName) ? operations[operationName] : undefined;
    if (!operation) {
      const known = Object.keys(operations).join(', ');
      throw new TypeError(`operations: ${name} has no operation ${operationName}, expected one of ${known}`);
    }
    if (options === undefined) continue;
    defaults.set(operationName, checkedOptions(operation, options));
  }
  return defaults;
}

function checkedOptions(operation: Operation, options: OperationDefaults): OperationDefaults {
  const isBytes = replyBody(operation)?.format === 'bytes';
  const allowed = isStream(operation.output) ? ofStreams : isBytes ? ofBytes : ofCalls;
  for (const name of Object.keys(options)) {
    if (!allowed.includes(name)) {
      throw new TypeError(`${operation.label}: unknown option ${name}, expected one of ${allowed.join(', ')}`);
    }
  }
  return callOptions(operation, options);
}
