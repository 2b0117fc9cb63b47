const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const time = '(\\d{2}):(\\d{2}):(\\d{2})';
const fixed = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\\d{2}) ([a-z]{3}) (\\d{4}) ${time} GMT$`, 'i');
const rfc850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d{2})-([a-z]{3})-(\\d{2}) ${time} GMT$`,
  'i',
);
const asctime = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([a-z]{3}) ([ \\d]\\d) ${time} (\\d{4})$`, 'i');

/**
 * Reads an HTTP date in ms since 1970; undefined for anything that RFC 9110 §5.6.7 does not allow, except that
 * upper and lower case are alike. `Date.parse` takes other time zones and `0`,
 * which must count as invalid.
 *
 * @param nowMs decides the century of a year with two digits: at most 50 years from now
 */
export function httpDate(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const usual = fixed.exec(text);
  if (usual) return timeOf(usual[3], usual[2], usual[1], usual.slice(4));
  const old = rfc850.exec(text);
  if (old) return timeOf(fullYear(Number(old[3]), nowMs), old[2], old[1], old.slice(4));
  const oldest = asctime.exec(text);
  return oldest ? timeOf(oldest[6], oldest[1], oldest[2], oldest.slice(3, 6)) : undefined;
}

function timeOf(
  year: string | number | undefined,
  month: string | undefined,
  day: string | undefined,
  [hour, minute, second]: readonly (string | undefined)[],
): number | undefined {
  const index = months.indexOf(month?.toLowerCase() ?? '');
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  if (index < 0 || h > 23 || m > 59 || s > 60) return undefined;
  const ms = Date.UTC(Number(year), index, Number(day), h, m, s);
  return new Date(ms).getUTCMonth() === index || s === 60 ? ms : undefined; // 31 Feb is no day
}

function fullYear(digits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + digits;
  return year > thisYear + 50 ? year - 100 : year;
}
