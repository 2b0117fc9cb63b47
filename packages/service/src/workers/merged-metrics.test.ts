import { describe, expect, it } from '@jest/globals';
import { MetricsRegistry } from '../metrics/registry.ts';
import { MergedMetrics } from './merged-metrics.ts';

/** A worker that has answered requests, in seconds each, with a trace. */
function worker(trace: string, ...seconds: readonly number[]) {
  const registry = new MetricsRegistry();
  const durations = registry.durations({ name: 'duration_seconds', help: 'Durations.', labels: ['route'] });
  const counter = registry.counter({ name: 'things_total', help: 'Things.', labels: ['kind'] });
  for (const one of seconds) {
    durations.of('/a "b" {c} d').observe(one, trace);
    counter.of('x').value++;
  }
  registry.observed('gauge', { name: 'limit', help: 'Limit.' }, () => [
    { labels: [], value: seconds.length || Number.POSITIVE_INFINITY },
  ]);
  registry.observed('gauge', { name: 'parley_service_info', help: 'Info.' }, () => [{ labels: [], value: 1 }]);
  registry.observed('gauge', { name: 'parley_server_draining', help: 'Draining.' }, () => [
    { labels: [], value: seconds.length === 1 ? 1 : 0 },
  ]);
  return registry;
}

const page = (registry: MetricsRegistry) => registry.render('openmetrics');
const withoutExemplars = (text: string) => text.replaceAll(/ # \{trace_id.*$/gm, '');

describe('merged metrics', () => {
  it('of one worker are its own, in both formats', () => {
    const one = worker('t', 0.003, 0.3);
    expect(new MergedMetrics().render([page(one)], 'openmetrics')).toBe(page(one));
    expect(new MergedMetrics().render([page(one)], 'text')).toBe(one.render('text'));
  });

  it('are those of one process that did the work of both', () => {
    const merged = new MergedMetrics().render(
      [page(worker('a', 0.003, 0.3)), page(worker('b', 0.3, 2))],
      'openmetrics',
    );
    const all = withoutExemplars(page(worker('c', 0.003, 0.3, 0.3, 2)));
    expect(withoutExemplars(merged)).toBe(all);
  });

  it('have one state where all have the same, and draining only where all drain', () => {
    const text = new MergedMetrics().render([page(worker('a', 1)), page(worker('b', 1, 2))], 'text');
    expect(text).toContain('\nparley_service_info 1\n');
    expect(text).toContain('\nparley_server_draining 0\n');
  });

  it('know numbers without an end', () => {
    expect(new MergedMetrics().render([page(worker('a')), page(worker('b', 1))], 'text')).toContain('\nlimit +Inf\n');
  });

  it('keep the latest exemplar', () => {
    const registry = worker('old', 0.3);
    const text = page(registry).replace(/(trace_id="old"\} \S+) \S+/, '$1 1.000');
    const merged = new MergedMetrics().render([text, page(worker('new', 0.3))], 'openmetrics');
    expect(merged.match(/trace_id="\w+"/g)).toEqual(['trace_id="new"']);
  });

  it('never lose the counts of a worker that has ended, and lose its gauges', () => {
    const merged = new MergedMetrics();
    merged.keep(page(worker('a', 0.003, 0.3)));
    merged.keep(page(worker('b', 0.3)));
    const text = merged.render([page(worker('c', 2))], 'text');
    expect(text).toContain('\nthings_total{kind="x"} 4\n');
    expect(text).toContain('\nduration_seconds_count{route="/a \\"b\\" {c} d"} 4\n');
    expect(text).toContain('\nlimit 1\n');
  });
});
