import type { Figures } from './figures.ts';

/** One row of a report: a contender, its figures, and what compares them with others. */
export function row(name: string, { perSecond, cpuMicros, p50Ms, p99Ms }: Figures, more: readonly string[]): string {
  const cells = [
    name,
    perSecond.toLocaleString('en'),
    cpuMicros.toFixed(1),
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    ...more,
  ];
  return `| ${cells.join(' | ')} |`;
}

/**
 * Compares two figures, with two digits; empty without a second figure. A ratio that is good when small is
 * rounded up, a ratio that is good when large is rounded down, for every contender: never in our favour.
 */
export function ratio(value: number, base: number | undefined, towards: 'up' | 'down'): string {
  if (!base) return '';
  const round = towards === 'up' ? Math.ceil : Math.floor;
  return (round((value / base) * 100) / 100).toFixed(2);
}
