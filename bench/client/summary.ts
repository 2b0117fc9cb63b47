import { ratio } from '../table.ts';
import { shownRatio, usual } from './report.ts';
import { baselines, type Results } from './results.ts';
import { endpointScenarios, mainScenario, scenarios } from './scenarios.ts';

const { ours } = baselines;
const shown = [
  ours,
  'axios + parleyAdapter',
  baselines.undici,
  '@grpc/grpc-js',
  usual,
  'axios + agent + axios-retry + opossum',
];

/** The README's part: the main rows of the main scenario, and every scenario that another contender does for less. */
export function summary(results: Results): string {
  return [...mainRows(results), '', ...losses(results)].join('\n');
}

function mainRows({ scenarios }: Results): string[] {
  const byName = scenarios[mainScenario] ?? {};
  const rows = shown.flatMap((name) => {
    const figures = byName[name];
    if (!figures) return [];
    const cells = [
      name,
      figures.perSecond.toLocaleString('en'),
      figures.cpuMicros.toFixed(1),
      shownRatio(figures.cpuRatios.undici),
      ratio(figures.perSecond, byName[usual]?.perSecond, 'down'),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| client | calls/s | CPU µs/call | CPU ÷ undici.request | calls/s ÷ axios + agent |',
    '|---|--:|--:|--:|--:|',
    ...rows,
  ];
}

/** Contenders that take less CPU than the typed client, by scenario. */
function losses(results: Results): string[] {
  const all = results.scenarios;
  const lines = scenarios.flatMap(({ name, title }) => {
    const byName = all[name] ?? {};
    const own = byName[ours];
    if (!own) return name in all ? [`- ${title}: ${ours} cannot yet.`] : [];
    const cheaper = Object.entries(byName).flatMap(([contender, figures]) =>
      figures?.cpuRatios.ours !== undefined && figures.cpuRatios.ours < 1
        ? `${contender} takes ${ratio(figures.cpuRatios.ours, 1, 'down')} × the CPU of ${ours}`
        : [],
    );
    return cheaper.length > 0 ? [`- ${title}: ${cheaper.join(', ')}.`] : [];
  });
  const grown = [ours, baselines.undici].map((name) => growth(results, name));
  if (grown.includes('')) return lines;
  return [
    ...lines,
    `- With 1000 endpoints a call takes ${grown[0]} × the CPU that it takes with one (with ${baselines.undici} ${grown[1]} ×).`,
  ];
}

/** How much dearer a call gets from the fewest endpoints to the most. */
function growth({ scenarios: all }: Results, contender: string): string {
  return shownRatio(all[endpointScenarios.at(-1)?.name ?? '']?.[contender]?.cpuOfFewest);
}
