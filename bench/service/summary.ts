import { ratio } from '../table.ts';
import { baselines } from './report.ts';
import type { Results } from './results.ts';
import { mainScenario, scenarios } from './scenarios.ts';

const ours = '@parley/service';

/** The README's part: the main scenario, and every scenario in which a contender that does less is faster. */
export function summary(results: Results): string {
  return [...mainRows(results), '', ...losses(results)].join('\n').trimEnd();
}

function mainRows({ scenarios }: Results): string[] {
  const byName = scenarios[mainScenario] ?? {};
  const rows = Object.entries(byName)
    .sort(([, a], [, b]) => b.perSecond - a.perSecond)
    .map(([name, { perSecond, cpuMicros, p99Ms }]) => {
      const cells = [
        name,
        perSecond.toLocaleString('en'),
        cpuMicros.toFixed(1),
        p99Ms.toFixed(1),
        ratio(perSecond, byName[baselines.express]?.perSecond, 'down'),
        ratio(perSecond, byName[baselines.fastify]?.perSecond, 'down'),
      ];
      return `| ${cells.join(' | ')} |`;
    });
  return [
    '| server | requests/s | CPU µs/request | p99 ms | requests/s ÷ bare Express | ÷ Fastify + the same plugins |',
    '|---|--:|--:|--:|--:|--:|',
    ...rows,
  ];
}

/** By how much we miss bare Express and Fastify with the same plugins, scenario by scenario. */
function losses({ scenarios: all }: Results): string[] {
  return scenarios.flatMap(({ name, title }) => {
    const own = all[name]?.[ours];
    if (!own) return [];
    return Object.values(baselines).flatMap((contender) => {
      const other = all[name]?.[contender];
      const share = ratio(own.perSecond, other?.perSecond, 'down');
      return other && Number(share) < 1 ? [`- ${title}: ${share} × the requests/s of ${contender}.`] : [];
    });
  });
}
