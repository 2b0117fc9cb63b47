import { nearestName, ownMembers } from '@parley/contract';
import type { FixedOptionSpec, OptionSpec } from './option-spec.ts';
import { optionSpecs } from './option-specs.ts';

type Specs = typeof optionSpecs;

// Homomorphic, so that the comments in the table reach the users' editors.
type Values = {
  readonly [Name in keyof Specs]: Specs[Name] extends OptionSpec<infer Value> ? Value : never;
};

/** Every option of an upstream. */
export interface UpstreamOptions extends Values {}

type FixedName = {
  [Name in keyof Specs]: Specs[Name] extends FixedOptionSpec<unknown> ? Name : never;
}[keyof Specs];

/** The options that `upstream.configure` changes. */
export type ChangeableOptions = Omit<UpstreamOptions, FixedName>;

const specs = Object.entries(optionSpecs) as [keyof UpstreamOptions, OptionSpec<unknown> & { fixed?: string }][];

/** What holds where the caller gives nothing. */
export const upstreamDefaults = Object.freeze(
  Object.fromEntries(specs.map(([name, { standard }]) => [name, standard])),
) as unknown as UpstreamOptions;

/** Pairs of which the first must not be above the second. */
const ordered = [
  ['minConnections', 'maxConnections'],
  ['backoffBaseMs', 'backoffMaxMs'],
  ['circuitOpenMs', 'circuitMaxOpenMs'],
  ['attemptTimeoutMs', 'callTimeoutMs'],
] as const satisfies readonly (readonly [keyof UpstreamOptions, keyof UpstreamOptions])[];

/**
 * Fills in the defaults and checks that the options make sense together. The result is frozen.
 *
 * @throws TypeError that names the option, what was expected and what came; for two that contradict each other, both
 */
export function upstreamOptions(options: Partial<UpstreamOptions> = {}): UpstreamOptions {
  const given = ownMembers(options);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(optionSpecs, name));
  if (unknown !== undefined) {
    const names = Object.keys(optionSpecs);
    const nearest = nearestName(unknown, names);
    const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
    throw new TypeError(`unknown option ${unknown}${hint}: expected one of ${names.join(', ')}`);
  }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const values = { ...upstreamDefaults, ...set };
  for (const [name, { expected, show }] of specs) {
    const mismatch = expected(values[name]);
    if (mismatch !== undefined) throw new TypeError(`${name} must be ${mismatch}, not ${show(values[name])}`);
  }
  // A caller that only shortens the call wants its attempts to fit.
  const isFollowing = given.attemptTimeoutMs === undefined && values.attemptTimeoutMs > values.callTimeoutMs;
  const fitting = isFollowing ? { ...values, attemptTimeoutMs: values.callTimeoutMs } : values;
  for (const [smaller, larger] of ordered) {
    if (fitting[smaller] <= fitting[larger]) continue;
    throw new TypeError(`${smaller} (${fitting[smaller]}) must not be above ${larger} (${fitting[larger]})`);
  }
  return Object.freeze(fitting);
}

/** @throws TypeError for an option that cannot be changed, with the reason */
export function expectChangeable(changes: object): void {
  for (const [name, { fixed }] of specs) {
    if (fixed === undefined || !Object.hasOwn(changes, name)) continue;
    throw new TypeError(`${name} cannot be changed while the upstream is open: ${fixed}`);
  }
}
