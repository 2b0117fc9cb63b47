import { describe, expect, it } from '@jest/globals';
import { LoadReport, reportHoldsMs } from './load-report.ts';

describe('LoadReport', () => {
  it('holds for 10 s after the last report', () => {
    const report = new LoadReport();
    report.read('TEXT application_utilization=0.8', 1_000);
    report.read('TEXT application_utilization=0.8', 5_000);
    expect(report.utilizationAt(5_000 + reportHoldsMs - 1)).toBe(0.8);
    expect(report.freeAt(5_000)).toBeCloseTo(0.2);
    expect(report.utilizationAt(5_000 + reportHoldsMs)).toBeUndefined();
    expect(report.freeAt(5_000 + reportHoldsMs)).toBe(1);
  });

  it('leaves 5 % to a replica that reports itself full', () => {
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
