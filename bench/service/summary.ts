import { ratiosOf, shownRatio } from './report.ts';
import { baselineNames, baselines, type Results } from './results.ts';
import { mainScenario, scenarios } from './scenarios.ts';

const ours = '@parley/service';

/** The README's part: the main scenario, and every scenario in which a baseline that does less takes less CPU. */
export function summary(results: Results): string {
  return [...mainRows(results), '', ...losses(results)].join('\n').trimEnd();
}

function mainRows({ scenarios }: Results): string[] {
  const rows = Object.entries(scenarios[mainScenario] ?? {})
    .sort(([, a], [, b]) => a.cpuMicros - b.cpuMicros)
    .map(([name, figures]) => {
      const { perSecond, cpuMicros, p99Ms } = figures;
      const cells = [
        name,
        perSecond.toLocaleString('en'),
        cpuMicros.toFixed(1),
        p99Ms.toFixed(1),
        ...ratiosOf(figures),
      ];
      return `| ${cells.join(' | ')} |`;
    });
  return [
    '| server | requests/s | CPU µs/request | p99 ms | CPU ÷ bare Express | ÷ Fastify + the same plugins |',
    '|---|--:|--:|--:|--:|--:|',
    ...rows,
  ];
}

/** By how much we miss bare Express and Fastify with the same plugins, scenario by scenario. */
function losses({ scenarios: all }: Results): string[] {
  return scenarios.flatMap(({ name, title }) =>
    baselineNames.flatMap((baseline) => {
      const value = all[name]?.[ours]?.cpuRatios[baseline];
      return value && value > 1 ? [`- ${title}: ${shownRatio(value)} × the CPU of ${baselines[baseline]}.`] : [];
    }),
  );
}
