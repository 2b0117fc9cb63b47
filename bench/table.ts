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
 * Two figures compared, with two digits; empty where there is nothing to compare with. What is good when it is small is
 * rounded up, what is good when it is large down, for everybody alike: never in our favour.
 */
export function ratio(value: number, base: number | undefined, towards: 'up' | 'down'): string {
  if (!base) return '';
  const round = towards === 'up' ? Math.ceil : Math.floor;
  return (round((value / base) * 100) / 100).toFixed(2);
}
