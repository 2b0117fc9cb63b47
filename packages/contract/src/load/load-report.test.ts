import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cpuMs } from '../../../../test/cpu-time.ts';
import { formatLoadReport, reportedUtilization } from './load-report.ts';

describe('formatLoadReport', () => {
  it('writes what reportedUtilization reads, with two decimals', () => {
    const report = formatLoadReport({ utilization: 0.4249, inFlight: 7 });
    expect(report).toBe('TEXT application_utilization=0.42, named_metrics.in_flight=7');
    expect(reportedUtilization(report)).toBe(0.42);
  });
});

describe('reportedUtilization', () => {
  it.each([
    ['TEXT application_utilization=0.42, named_metrics.in_flight=7', 0.42],
    ['TEXT named_metrics.in_flight=7, application_utilization=0.42', 0.42],
    ['TEXT named_metrics.in_flight=7,application_utilization=1.5', 1.5],
    ['TEXT application_utilization=0', 0],
  ])('reads %j', (text, utilization) => {
    expect(reportedUtilization(text)).toBe(utilization);
  });

  it.each([
    '',
    'TEXT',
    'application_utilization=0.42',
    'TEXT named_metrics.application_utilization=0.42',
    'TEXT my_application_utilization=0.42',
    'TEXT application_utilization=',
    'TEXT application_utilization=-0.5',
    'TEXT application_utilization=NaN',
    'TEXT application_utilization=1e9',
    'TEXT application_utilization=0.42x',
    'TEXT application_utilization=99999999999',
    'JSON {"application_utilization":0.42}',
    `TEXT ${'x=1, '.repeat(300)}application_utilization=0.42`,
  ])('ignores %j', (text) => {
    expect(reportedUtilization(text)).toBeUndefined();
  });

  it('never throws and gives no nonsense, whatever comes', () => {
    const pieces = fc.constantFrom('TEXT ', 'application_utilization', '=', '0.42', ', ', ',', '-', 'e', '.', ' ', '9');
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces).map((all) => all.join('')),
    );
    const property = fc.property(texts, (text) => {
      const utilization = reportedUtilization(text) ?? 0;
      expect(Number.isFinite(utilization) && utilization >= 0).toBe(true);
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('takes no longer for a text made to be slow', () => {
    const startedAt = cpuMs();
    for (let i = 0; i < 1_000; i++) reportedUtilization(`TEXT ${', application_utilization='.repeat(40)}`);
    expect(cpuMs() - startedAt).toBeLessThan(500);
  });
});
