import { describe, expect, it } from '@jest/globals';
import { MetricsRegistry, maxSeries } from './registry.ts';

const registry = () => new MetricsRegistry();

describe('a registry of metrics', () => {
  it('writes counters, in both formats', () => {
    const one = registry();
    const calls = one.counter({ name: 'calls_total', help: 'Calls.', labels: ['upstream', 'fate'] });
    calls.of('hello', 'success').value += 2;
    calls.of('hello', 'deadline').value++;
    const samples = [
      'calls_total{upstream="hello",fate="success"} 2',
      'calls_total{upstream="hello",fate="deadline"} 1',
    ];
    expect(one.render('text').split('\n')).toEqual([
      '# HELP calls_total Calls.',
      '# TYPE calls_total counter',
      ...samples,
      '',
    ]);
    expect(one.render('openmetrics').split('\n')).toEqual([
      '# HELP calls Calls.',
      '# TYPE calls counter',
      ...samples,
      '# EOF',
      '',
    ]);
  });

  it('writes durations by buckets, each with all shorter ones, and the trace of a slow one', () => {
    const one = registry();
    const durations = one.durations({ name: 'took_seconds', help: 'Time.', labels: ['route'] });
    durations.of('/a').observe(0.004, 'fast');
    durations.of('/a').observe(0.2, 'slow');
    durations.of('/a').observe(11, undefined);
    const text = one.render('text');
    for (const line of [
      'took_seconds_bucket{route="/a",le="0.005"} 1',
      'took_seconds_bucket{route="/a",le="0.1"} 1',
      'took_seconds_bucket{route="/a",le="0.25"} 2',
      'took_seconds_bucket{route="/a",le="10"} 2',
      'took_seconds_bucket{route="/a",le="+Inf"} 3',
      'took_seconds_sum{route="/a"} 11.204',
      'took_seconds_count{route="/a"} 3',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('trace_id');
    const openMetrics = one.render('openmetrics');
    expect(openMetrics).toMatch(/le="0.25"} 2 # {trace_id="slow"} 0.2 \d+\.\d{3}\n/);
    expect(openMetrics).not.toContain('fast');
  });

  it('reads what is observed at each scrape', () => {
    const one = registry();
    let value = 1;
    one.observed('gauge', { name: 'level', help: 'Level.' }, () => [{ labels: [], value: value++ }]);
    expect(one.render('text')).toContain('level 1\n');
    expect(one.render('text')).toContain('level 2\n');
  });

  it('writes labels of any text on one line', () => {
    const one = registry();
    one.counter({ name: 'odd_total', help: 'Odd.', labels: ['text'] }).of('a "b"\n\\c').value++;
    expect(one.render('text')).toContain('odd_total{text="a \\"b\\"\\n\\\\c"} 1\n');
  });

  it('writes what is no ordinary number as Prometheus does', () => {
    const one = registry();
    const values = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
    one.observed('gauge', { name: 'odd', help: 'Odd.', labels: ['n'] }, () =>
      values.map((value, index) => ({ labels: [`${index}`], value })),
    );
    expect(one.render('text')).toContain('odd{n="0"} +Inf\nodd{n="1"} -Inf\nodd{n="2"} NaN\n');
  });

  it('keeps a bounded number of series, whatever labels come, and loses no count', () => {
    const one = registry();
    const calls = one.counter({ name: 'calls_total', help: 'Calls.', labels: ['url'] });
    for (let index = 0; index < 100_000; index++) calls.of(`/${index}`).value++;
    const lines = one
      .render('text')
      .split('\n')
      .filter((line) => line.startsWith('calls_total{'));
    expect(lines).toHaveLength(maxSeries + 1);
    expect(lines.at(-1)).toBe(`calls_total{url="other"} ${100_000 - maxSeries}`);
  });
});
