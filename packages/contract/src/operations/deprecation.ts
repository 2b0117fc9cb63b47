import { headerNames } from '../wire/header-names.ts';

/** That callers should leave an operation, and why. */
export interface Deprecation {
  /** Why, and what to call instead. */
  readonly reason?: string;
  /** Since when, as `2026-11-30` or a time with its zone. Without it the header says `@0`: since a time in the past. */
  readonly since?: string;
}

/** What an operation says of its end. */
interface Ending {
  readonly deprecated?: Deprecation | undefined;
  readonly sunset?: string | undefined;
}

/** A day, or a time with its zone. */
const form = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** Takes `true` and a reason for what they stand for. */
export function deprecationOf(given: boolean | string | Deprecation | undefined): Deprecation | undefined {
  if (given === undefined || given === false) return undefined;
  if (typeof given === 'string') return { reason: given };
  return given === true ? {} : given;
}

/** Finds what is wrong with an operation's deprecation and sunset, as the end of a sentence. Undefined if they are valid. */
export function deprecationFault({ deprecated, sunset }: Ending): string | undefined {
  for (const [name, value] of [
    ['deprecated.since', deprecated?.since],
    ['sunset', sunset],
  ] as const) {
    if (value !== undefined && !isTime(value))
      return `has ${name} ${JSON.stringify(value)}: must be a day such as 2026-11-30, or a time with its zone`;
  }
  const isBefore =
    deprecated?.since !== undefined && sunset !== undefined && seconds(sunset) < seconds(deprecated.since);
  return isBefore ? `ends (${sunset}) before it is deprecated (${deprecated.since})` : undefined;
}

/** What replies of an operation say of its end: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594). Empty for most. */
export function deprecationHeaders({ deprecated, sunset }: Ending): Readonly<Record<string, string>> {
  const since = deprecated?.since;
  return {
    ...(deprecated && { [headerNames.deprecation]: `@${since === undefined ? 0 : seconds(since)}` }),
    ...(sunset !== undefined && { [headerNames.sunset]: new Date(sunset).toUTCString() }),
  };
}

function isTime(value: unknown): boolean {
  if (typeof value !== 'string' || !form.test(value) || Number.isNaN(Date.parse(value))) return false;
  // `Date` takes 2026-02-31 for a day in March.
  const day = value.slice(0, 10);
  return new Date(day).toISOString().slice(0, 10) === day;
}

function seconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}
