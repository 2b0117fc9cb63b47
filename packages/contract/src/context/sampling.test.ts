import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { sampleBy } from './sampling.ts';
import { childTrace } from './trace-context.ts';

const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: false };

afterEach(() => sampleBy(undefined));

describe('sampling', () => {
  it('goes on as the parent says, and records new traces', () => {
    expect(childTrace(parent).isSampled).toBe(false);
    expect(childTrace({ ...parent, isSampled: true }).isSampled).toBe(true);
    expect(childTrace().isSampled).toBe(true);
  });

  it('is decided by the sampler of the process', () => {
    const sampler = jest.fn(() => true);
    sampleBy(sampler);
    expect(childTrace(parent).isSampled).toBe(true);
    const { traceId } = childTrace();
    expect(sampler.mock.calls).toEqual([
      [parent.traceId, false],
      [traceId, undefined],
    ]);
  });

  it('names the parent of a span, and none for the root of a trace', () => {
    expect(childTrace(parent).parentSpanId).toBe(parent.spanId);
    expect(childTrace()).not.toHaveProperty('parentSpanId');
  });
});
