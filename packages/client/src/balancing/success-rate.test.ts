import { describe, expect, it } from '@jest/globals';
import { outliers } from './success-rate.ts';

const good = { judged: 1_000, failed: 1 };
const several = (count: number) => Array.from({ length: count }, () => ({ ...good }));

describe('outliers', () => {
  it('finds the endpoint that fails more often than the others', () => {
    const bad = { judged: 1_000, failed: 100 };
    expect(outliers([...several(4), bad])).toEqual([bad]);
  });

  it('puts the worst first', () => {
    const [bad, worse] = [
      { judged: 1_000, failed: 300 },
      { judged: 1_000, failed: 400 },
    ];
    expect(outliers([bad, ...several(20), worse])).toEqual([worse, bad]);
  });

  it('finds none where all are equally bad', () => {
    expect(outliers(Array.from({ length: 6 }, () => ({ judged: 200, failed: 150 })))).toEqual([]);
  });

  it('finds none among fewer than five endpoints, or with fewer than 100 attempts', () => {
    expect(outliers([...several(3), { judged: 1_000, failed: 900 }])).toEqual([]);
    expect(outliers([...several(4), { judged: 99, failed: 99 }])).toEqual([]);
    expect(outliers([...several(5), { judged: 99, failed: 99 }])).toEqual([]);
  });

  it('asks for 1.9 standard deviations', () => {
    const bad = { judged: 1_000, failed: 50 };
    expect(outliers([...several(4), bad])).toHaveLength(1); // one of five lies 2.0 off
    expect(outliers([...several(4), bad, bad])).toEqual([]); // two of six lie 1.4 off
  });
});
