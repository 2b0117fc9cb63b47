import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { childTrace, formatTraceparent, parseTraceparent } from './trace-context.ts';

const hex = (length: number) =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    .filter((id) => !/^0+$/.test(id));

describe('trace context', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), fc.boolean(), (traceId, spanId, isSampled, isRandom) => {
        const trace = { traceId, spanId, isSampled, ...(isRandom && { isRandom }) };
        expect(parseTraceparent(formatTraceparent(trace))).toEqual(trace);
      }),
    );
  });

  it('reads a later version like the first', () => {
    const later = `cc-${'a'.repeat(32)}-${'b'.repeat(16)}-01-what-the-future-brings`;
    expect(parseTraceparent(later)).toMatchObject({ traceId: 'a'.repeat(32), isSampled: true });
  });

  it.each([
    undefined,
    '',
    'garbage',
    `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
    `00-${'A'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01-more`,
  ])('takes %s for no trace', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it('never throws on a header', () => {
    fc.assert(fc.property(fc.string(), (header) => void parseTraceparent(header)));
  });

  it('keeps the flags that it knows and clears the others', () => {
    const flagsOf = (flags: string) =>
      formatTraceparent(childTrace(parseTraceparent(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}`))).slice(-2);
    expect(['00', '01', '02', '03', 'ff', 'fc'].map(flagsOf)).toEqual(['00', '01', '02', '03', '03', '00']);
  });

  it('marks a trace that it begins as random', () => {
    expect(formatTraceparent(childTrace())).toMatch(/-03$/);
  });

  it('gives a child its own span in the same trace', () => {
    const root = childTrace();
    const child = childTrace({ ...root, state: 'vendor=1' });
    expect(child).toMatchObject({ traceId: root.traceId, state: 'vendor=1', isSampled: true });
    expect(child.spanId).not.toBe(root.spanId);
    expect(parseTraceparent(formatTraceparent(child))).toMatchObject({ spanId: child.spanId });
  });

  it('gives ids that differ', () => {
    const ids = Array.from({ length: 5_000 }, () => childTrace());
    expect(new Set(ids.map(({ spanId }) => spanId)).size).toBe(5_000);
    expect(new Set(ids.map(({ traceId }) => traceId)).size).toBe(5_000);
  });
});
