import { beforeEach, describe, expect, it } from '@jest/globals';
import { finishedSpan } from '../../test-fixtures/finished.ts';
import { type TailLimits, TailSampling } from './tail-sampling.ts';

const request = { spanId: 'root', localRootId: 'root', isSampled: false };
const call = (name: string, root = 'root') => ({ spanId: name, localRootId: root, isSampled: false });
const kept = { isWorthKeeping: true };

let exported: string[];
let nowMs: number;
let tail: TailSampling;
const sampling = (limits?: TailLimits) =>
  new TailSampling(
    ({ place }) => exported.push(place.spanId),
    () => nowMs,
    limits,
  );
beforeEach(() => {
  exported = [];
  nowMs = 0;
  tail = sampling();
});

describe('tail sampling', () => {
  it('exports a sampled span at once, and holds nothing', () => {
    tail.ended(finishedSpan({ ...call('one'), isSampled: true }));
    expect(exported).toEqual(['one']);
    expect(tail.heldSpans).toBe(0);
  });

  it('drops what is not sampled when its request has ended well', () => {
    tail.ended(finishedSpan(call('one')));
    expect(tail.heldSpans).toBe(1);
    tail.ended(finishedSpan(request));
    expect(exported).toEqual([]);
    expect(tail.heldSpans).toBe(0);
  });

  it('exports all that it holds of a request that failed', () => {
    tail.ended(finishedSpan(call('one')));
    tail.ended(finishedSpan(call('two', 'other')));
    tail.ended(finishedSpan(request, kept));
    expect(exported).toEqual(['one', 'root']);
    expect(tail.heldSpans).toBe(1);
  });

  it('exports a request that ended well, with all of its calls, where one call failed', () => {
    tail.ended(finishedSpan(call('one')));
    tail.ended(finishedSpan(call('two'), kept));
    tail.ended(finishedSpan(call('three')));
    tail.ended(finishedSpan(request));
    expect(exported).toEqual(['one', 'two', 'three', 'root']);
  });

  it('exports an attempt that ends after its call was kept', () => {
    tail.ended(finishedSpan(request, kept));
    tail.ended(finishedSpan(call('late')));
    expect(exported).toEqual(['root', 'late']);
  });

  it('drops the oldest where too many wait', () => {
    tail = sampling({ maxHeldSpans: 2 });
    for (const name of ['one', 'two', 'three']) tail.ended(finishedSpan(call(name, name.toUpperCase())));
    expect(tail.heldSpans).toBe(2);
    tail.ended(finishedSpan({ ...request, spanId: 'ONE', localRootId: 'ONE' }, kept));
    tail.ended(finishedSpan({ ...request, spanId: 'TWO', localRootId: 'TWO' }, kept));
    expect(exported).toEqual(['ONE', 'two', 'TWO']);
  });

  it('holds no more of one request either', () => {
    tail = sampling({ maxHeldSpans: 2 });
    for (const name of ['one', 'two', 'three']) tail.ended(finishedSpan(call(name)));
    expect(tail.heldSpans).toBe(0);
  });

  it('keeps a limited number of traces a second', () => {
    tail = sampling({ maxKeptPerSecond: 2 });
    const fail = (name: string) => tail.ended(finishedSpan({ ...request, spanId: name, localRootId: name }, kept));
    for (const name of ['a', 'b', 'c']) fail(name);
    nowMs = 1000;
    fail('d');
    expect(exported).toEqual(['a', 'b', 'd']);
    expect(tail.heldSpans).toBe(0);
  });
});
