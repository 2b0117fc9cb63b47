import type { Results } from './results.ts';
import { mainScenario, scenarioNamed } from './scenarios.ts';

const barHeight = 22;
const left = 270;
const barsWidth = 400;

/** CPU per call of the main scenario as bars, the cheapest first. Drawn by hand: no library for a dozen rectangles. */
export function chart({ scenarios, commit, machine }: Results): string {
  const bars = Object.entries(scenarios[mainScenario] ?? {})
    .flatMap(([name, figures]) => (figures ? [{ name, micros: figures.cpuMicros }] : []))
    .sort((a, b) => a.micros - b.micros);
  const longest = Math.max(...bars.map(({ micros }) => micros));
  const height = 60 + bars.length * barHeight;
  const rows = bars.map(({ name, micros }, index) => {
    const y = 44 + index * barHeight;
    const width = Math.max(1, (micros / longest) * barsWidth).toFixed(0);
    const fill = /parley/i.test(name) ? '#1a7f37' : '#8c959f';
    return [
      `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${name}</text>`,
      `<rect x="${left}" y="${y}" width="${width}" height="16" fill="${fill}"/>`,
      `<text x="${left + Number(width) + 6}" y="${y + 13}">${micros.toFixed(0)} µs</text>`,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 ${height}" font-family="sans-serif" font-size="12" fill="#57606a">`,
    '<title>CPU of the client per call</title>',
    `<rect width="760" height="${height}" fill="#fff"/>`,
    `<text x="12" y="20" font-size="14">CPU of the client per call: ${scenarioNamed(mainScenario).title}. Shorter is better</text>`,
    `<text x="12" y="36">${machine.cpu}, Node ${machine.node}, commit ${commit}</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}
