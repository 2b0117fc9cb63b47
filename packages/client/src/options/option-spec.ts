import { shown } from './shown.ts';

/** One option in the table of options. Its sentence is the comment above its line there. */
export interface OptionSpec<Value> {
  /** Holds where the caller gives none. */
  readonly standard: Value;
  /** Unit of the value, for the table in the README. */
  readonly unit: string;
  /** What the value must be, after "must be"; none where this one is fine. */
  readonly expected: (value: unknown) => string | undefined;
  /** How an error shows a value that is refused. */
  readonly show: (value: unknown) => string;
}

/** An option that holds for an upstream's whole life, with the reason. */
export interface FixedOptionSpec<Value> extends OptionSpec<Value> {
  readonly fixed: string;
}

type Bounds = readonly [min: number, max: number];

/** A number within bounds. */
export function number(standard: number, [min, max]: Bounds, unit: string): OptionSpec<number> {
  const isFine = (value: unknown) => typeof value === 'number' && value >= min && value <= max;
  return {
    standard,
    unit,
    expected: (value) => (isFine(value) ? undefined : `a number from ${min} to ${max}`),
    show: shown,
  };
}

/** A whole number within bounds, or its upper bound where that is Infinity. */
export function whole(standard: number, [min, max]: Bounds, unit: string): OptionSpec<number> {
  const isFine = (value: unknown) =>
    typeof value === 'number' && value >= min && value <= max && (Number.isInteger(value) || value === max);
  return {
    standard,
    unit,
    expected: (value) => (isFine(value) ? undefined : `a whole number from ${min} to ${max}`),
    show: shown,
  };
}

/** A switch. */
export function flag(standard: boolean): OptionSpec<boolean> {
  return {
    standard,
    unit: '–',
    expected: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
    show: shown,
  };
}

/** A value that passes a test. @param expected what it must be, for people to read */
export function checked<Value>(
  standard: Value,
  isFine: (value: unknown) => boolean,
  expected: string,
  show: (value: unknown) => string = JSON.stringify,
): OptionSpec<Value> {
  return { standard, unit: '–', expected: (value) => (isFine(value) ? undefined : expected), show };
}

/** The same option, which cannot be changed while the upstream is open. @param fixed the reason, for people to read */
export function forLife<Value>(spec: OptionSpec<Value>, fixed: string): FixedOptionSpec<Value> {
  return { ...spec, fixed };
}

/** The same option with a unit. */
export function inUnits<Value>(spec: OptionSpec<Value>, unit: string): OptionSpec<Value> {
  return { ...spec, unit };
}
