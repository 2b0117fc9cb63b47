import { describe, expect, it } from '@jest/globals';
import type { Growth } from '../metrics/rates.ts';
import type { ReplicaSample } from '../metrics/replica-sample.ts';
import { canarySentence, judge, watchCanary } from './canary.ts';

/** Requests of which all took less than this, in ms. */
const grown = (requests: number, errors = 0, withinMs = 100): Growth => ({
  ...{ seconds: 30, requests, errors },
  buckets: new Map([
    [withinMs / 1_000 / 2, 0],
    [withinMs / 1_000, requests],
    [Number.POSITIVE_INFINITY, requests],
  ]),
});

describe('new replicas', () => {
  it('are as good as before with the same errors and times', () => {
    const report = judge([grown(100, 2), grown(100, 2)], [grown(50, 1)]);
    expect(report).toMatchObject({
      before: { replicas: 2, requests: 200, errorShare: 0.02 },
      after: { replicas: 1, requests: 50, errorShare: 0.02 },
      fault: undefined,
    });
    expect(canarySentence(report)).toBe(
      'as good as before (new: 50 requests at 1, 2 % errors, p99 100 ms; old: 200 requests at 2, 2 % errors, p99 100 ms)',
    );
  });

  it.each([
    ['worse: more errors than before', grown(100, 1), grown(100, 3)],
    ['worse: slower than before', grown(100, 0, 100), grown(100, 0, 400)],
    ['not proven: 19 requests, expected 20 or more; "--verify" sends some', grown(100), grown(19)],
  ])('are not good enough: %s', (fault, before, after) => {
    expect(judge([before], [after]).fault).toBe(fault);
  });

  it.each([
    ['an error in a hundred more', grown(100, 0), grown(100, 1)],
    ['50 ms more', grown(100, 0, 10), grown(100, 0, 60)],
    ['no request at the old ones', grown(0), grown(100, 0, 900)],
  ])('may have %s', (_what, before, after) => expect(judge([before], [after]).fault).toBeUndefined());

  it('are compared by what happened while they were watched', async () => {
    const sample = (requests: number, errors: number): ReplicaSample => ({
      ...{ atMs: 0, service: 'hello', startedAtS: 1, isDraining: false, requests, errors },
      ...{ buckets: new Map([[0.1, requests]]), inFlight: 0, limit: 200, openCircuits: 0 },
    });
    let [requests, errors] = [1_000, 900];
    const take = async () => ({ before: [sample(requests, errors)], after: [sample(requests, errors)] });
    const report = await watchCanary(take, async () => {
      [requests, errors] = [1_100, 901];
    });
    expect(report.after).toMatchObject({ requests: 100, errorShare: 0.01 });
  });

  const sampleOf = (startedAtS: number, requests: number): ReplicaSample => ({
    ...{ atMs: 0, service: 'hello', startedAtS, isDraining: false, requests, errors: 0 },
    ...{ buckets: new Map([[0.1, requests]]), inFlight: 0, limit: 200, openCircuits: 0 },
  });
  const taking = (...samples: Awaited<ReturnType<Parameters<typeof watchCanary>[0]>>[]) => {
    const left = samples.values();
    return async () => left.next().value ?? { before: [], after: [] };
  };

  it('are compared replica by replica, where one does not answer too', async () => {
    const take = taking(
      { before: [undefined, sampleOf(2, 5_000)], after: [sampleOf(3, 0)] },
      { before: [sampleOf(1, 900), sampleOf(2, 5_100)], after: [sampleOf(3, 100)] },
    );
    expect((await watchCanary(take, async () => {})).before).toMatchObject({ replicas: 1, requests: 100 });
  });

  it('are not good enough where one was restarted meanwhile', async () => {
    const take = taking(
      { before: [sampleOf(1, 0)], after: [sampleOf(2, 0)] },
      { before: [sampleOf(1, 100)], after: [sampleOf(9, 100)] },
    );
    expect((await watchCanary(take, async () => {})).fault).toBe('worse: it was restarted meanwhile');
  });

  it.each([
    ['worse: it does not answer', [sampleOf(2, 0), sampleOf(3, 0)], [sampleOf(2, 100), undefined]],
    ['not proven: it did not answer at first', [sampleOf(2, 0), undefined], [sampleOf(2, 100), sampleOf(3, 100)]],
  ])('are not good enough where one is silent: %s', async (fault, first, last) => {
    const take = taking({ before: [sampleOf(1, 0)], after: first }, { before: [sampleOf(1, 100)], after: last });
    expect((await watchCanary(take, async () => {})).fault).toBe(fault);
  });
});
