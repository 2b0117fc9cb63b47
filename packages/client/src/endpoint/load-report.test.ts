import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LoadReport, reportedUtilization, reportHoldsMs } from './load-report.ts';

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
    const startedAt = performance.now();
    for (let i = 0; i < 1_000; i++) reportedUtilization(`TEXT ${', application_utilization='.repeat(40)}`);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('LoadReport', () => {
  it('holds for 10 s after it was last said', () => {
    const report = new LoadReport();
    report.read('TEXT application_utilization=0.8', 1_000);
    report.read('TEXT application_utilization=0.8', 5_000);
    expect(report.utilizationAt(5_000 + reportHoldsMs - 1)).toBe(0.8);
    expect(report.freeAt(5_000)).toBeCloseTo(0.2);
    expect(report.utilizationAt(5_000 + reportHoldsMs)).toBeUndefined();
    expect(report.freeAt(5_000 + reportHoldsMs)).toBe(1);
  });

  it('leaves 5 % to one that calls itself full', () => {
    const report = new LoadReport();
    report.read('TEXT application_utilization=3', 0);
    expect(report.freeAt(0)).toBeCloseTo(0.05);
  });

  it('is not changed by a reply without one, or with nonsense', () => {
    const report = new LoadReport();
    expect(report.freeAt(0)).toBe(1);
    report.read('TEXT application_utilization=0.5', 0);
    for (const header of [undefined, 'nonsense', ['TEXT application_utilization=0.1']]) report.read(header, 9_000);
    expect(report.utilizationAt(9_999)).toBe(0.5);
    expect(report.utilizationAt(10_000)).toBeUndefined();
  });
});
