import { AttemptsLeft, isObject, isStream, MinVersions, type Operation, ownMembers, replyBody } from '@parley/contract';
import { definedMembers } from '../options/defined-members.ts';
import { shown } from '../options/shown.ts';
import { checkRepeatOptions, type GivenOptions } from './repeat-options.ts';

/** Every option of a call, those of streams and bytes too. */
export interface GivenCallOptions extends GivenOptions {
  readonly firstItemTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly range?: AskedRange;
}

/** The part of a content that a caller asks for, both ends included. */
export interface AskedRange {
  readonly start: number;
  readonly end?: number;
}

interface OptionCheck {
  readonly expected: string;
  isFine(value: unknown): boolean;
}

/** A time in ms, up to a limit. */
function timeout(longestMs: number): OptionCheck {
  const isFine = (value: unknown) => typeof value === 'number' && value >= 1 && value <= longestMs;
  return { expected: `a number from 1 to ${longestMs}`, isFine };
}

/** One hour, as for the options of an upstream. */
const callTimeout = timeout(3_600_000);
/** The longest that Node's timers can wait: a stream may be open for days. */
const streamTimeout = timeout(2_147_483_647);

const anyObject: OptionCheck = { expected: 'an object of a context', isFine: isObject };

/** What is checked where it is used (priority, repetitions, keys) may be anything here. */
const anything: OptionCheck = { expected: 'any value', isFine: () => true };

const checks = new Map<string, OptionCheck>([
  ['timeoutMs', callTimeout],
  ['attemptTimeoutMs', callTimeout],
  ['deadlineMs', { expected: 'a time in ms', isFine: Number.isFinite }],
  ['signal', { expected: 'an AbortSignal', isFine: (value) => isObject(value) && 'aborted' in (value as object) }],
  ['requestId', { expected: 'a string', isFine: (value) => typeof value === 'string' }],
  ['baggage', { expected: 'a string', isFine: (value) => typeof value === 'string' }],
  ['priority', anything],
  ['maxAttempts', anything],
  ['hedge', anything],
  ['idempotencyKey', anything],
  ['trace', anyObject],
  ['attemptsLeft', { expected: 'an AttemptsLeft', isFine: (value) => value instanceof AttemptsLeft }],
  ['minVersions', { expected: 'a MinVersions', isFine: (value) => value instanceof MinVersions }],
  ['timings', { expected: 'a list', isFine: Array.isArray }],
  ['caller', anyObject],
  ['principal', anyObject],
]);
const streamChecks = new Map([
  ...checks,
  ['timeoutMs', streamTimeout],
  ['firstItemTimeoutMs', callTimeout],
  ['idleTimeoutMs', callTimeout],
]);
const bytesChecks = new Map([
  ...checks,
  ['idleTimeoutMs', callTimeout],
  ['range', { expected: '{ start, end? } in bytes, with start <= end', isFine: isRange }],
]);

/**
 * The own options of one call, for callers without types checked as well. An option that is `undefined` is none: it is left
 * out, so that it hides neither a default nor what the call inherits.
 *
 * @throws TypeError that names an option which is unknown, has no fitting value, or is not for the operation
 */
export function callOptions<Options extends GivenCallOptions>(operation: Operation, given: Options): Options {
  const { label } = operation;
  if (!isObject(given)) throw new TypeError(`${label}: options must be an object, not ${shown(given)}`);
  const known = checksOf(operation);
  const options = ownMembers(given);
  let isDefined = true;
  for (const [name, value] of Object.entries(options)) {
    const check = known.get(name);
    if (!check)
      throw new TypeError(`${label}: unknown option ${name}, expected one of ${[...known.keys()].join(', ')}`);
    if (value === undefined) isDefined = false;
    else if (!check.isFine(value))
      throw new TypeError(`${label}: ${name} must be ${check.expected}, not ${shown(value)}`);
  }
  checkRepeatOptions(operation, options);
  return isDefined ? options : definedMembers(options);
}

function checksOf(operation: Operation): ReadonlyMap<string, OptionCheck> {
  if (isStream(operation.output)) return streamChecks;
  return replyBody(operation)?.format === 'bytes' ? bytesChecks : checks;
}

function isRange(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { start, end } = ownMembers(value as Partial<AskedRange>);
  const isPlace = (place: unknown) => Number.isSafeInteger(place) && Number(place) >= 0;
  return isPlace(start) && (end === undefined || (isPlace(end) && Number(start) <= end));
}
