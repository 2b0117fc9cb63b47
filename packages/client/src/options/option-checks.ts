type Named<T, Name extends string> = { readonly [N in Name]: T };

/** Expects two options not to contradict each other. @throws TypeError that names both */
export function atMost<Smaller extends string, Larger extends string>(
  options: Named<number, Smaller> & Named<number, Larger>,
  smaller: Smaller,
  larger: Larger,
): void {
  if (options[smaller] <= options[larger]) return;
  throw new TypeError(`${smaller} (${options[smaller]}) must not be above ${larger} (${options[larger]})`);
}

/** Expects a number within bounds; a whole one may be its upper bound though that is infinite. @throws TypeError that names all */
export function within(options: object, name: string, [min, max]: readonly [number, number], isWhole: boolean): void {
  const value: unknown = options[name as keyof typeof options];
  const isNumber = typeof value === 'number' && value >= min && value <= max;
  if (isNumber && (!isWhole || Number.isInteger(value) || value === max)) return;
  const kind = isWhole ? 'a whole number' : 'a number';
  throw new TypeError(`${name} must be ${kind} from ${min} to ${max}, not ${String(value)}`);
}

/** Expects a switch. @throws TypeError that names it and what came */
export function trueOrFalse<Name extends string>(options: Named<boolean, Name>, name: Name): void {
  const value: unknown = options[name];
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false, not ${String(value)}`);
}

/** Expects a number of things that may be under way, none, or that it is found out. @throws TypeError that names it and what came */
export function limitOrAdaptive<Name extends string>(options: Named<number | 'adaptive', Name>, name: Name): void {
  const value: unknown = options[name];
  if (value === 'adaptive' || value === Number.POSITIVE_INFINITY) return;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100_000) return;
  throw new TypeError(`${name} must be a whole number from 1 to 100000, Infinity or 'adaptive', not ${String(value)}`);
}
