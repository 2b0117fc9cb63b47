import { describe, expect, it } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import { finishedSpan } from '../../test-fixtures/finished.ts';
import { WallClock } from '../wall-clock.ts';
import { PlainSpan } from './readable-span.ts';

const clock = new WallClock(
  () => 0,
  () => 0,
);
const spanOf = (...given: Parameters<typeof finishedSpan>) =>
  new PlainSpan(finishedSpan(...given), emptyResource(), clock);

describe('a span for the SDK', () => {
  it('has times in seconds and nanoseconds', () => {
    const { startTime, endTime, duration } = spanOf();
    expect({ startTime, endTime, duration }).toEqual({
      startTime: [1000, 250_000],
      endTime: [1000, 10_250_000],
      duration: [0, 10_000_000],
    });
  });

  it('is sampled, also of a trace that is not: it is exported', () => {
    expect(spanOf({ isSampled: false, state: 'vendor=1' }).spanContext()).toMatchObject({ traceFlags: 1 });
    expect(spanOf({ state: 'vendor=1' }).spanContext().traceState?.serialize()).toBe('vendor=1');
  });

  it('has a parent elsewhere if it is a server span, one of this process if not, and none at the root', () => {
    const spanId = 'c'.repeat(16);
    expect(spanOf().parentSpanContext).toMatchObject({ spanId, isRemote: true });
    expect(spanOf({}, { kind: SpanKind.CLIENT }).parentSpanContext).toMatchObject({ spanId, isRemote: false });
    expect(spanOf({ parentSpanId: undefined }).parentSpanContext).toBeUndefined();
  });

  it('says nothing of an error but that there was one', () => {
    expect(spanOf({}, { isError: true }).status).toEqual({ code: SpanStatusCode.ERROR });
    expect(spanOf().status).toEqual({ code: SpanStatusCode.UNSET });
  });
});
