import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { hanging, rejection, scripted, someError, someReply, someRequest } from '../../test-fixtures/sample.ts';
import { type Call, type CallRequest, callOf } from '../layer.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { deadline } from './deadline.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

describe('deadline', () => {
  const layer = () => deadline(clock);
  const made = (overrides: Partial<CallRequest> = {}) => callOf(someRequest(overrides), 1_000, clock, '');

  it('gives up when the call has taken callTimeoutMs, even if nothing below stops', async () => {
    const late = rejection(layer()(hanging)(made()));
    await clock.advance(999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect((await late).message).toBe('[deadline_exceeded] GET /api/things/{id}: not answered in 1000 ms');
    expect(clock.pending).toBe(0);
  });

  const now = () => clock.now();
  const limits: [string, () => Partial<CallRequest>, number][] = [
    ['callTimeoutMs', () => ({}), 1_000],
    ['a shorter timeoutMs of the call', () => ({ timeoutMs: 300 }), 300],
    ['a longer timeoutMs of the call', () => ({ timeoutMs: 3_000 }), 3_000],
    ['the deadline of the request that is being served', () => ({ context: { deadlineMs: now() + 200 } }), 200],
    ['callTimeoutMs before a later deadline', () => ({ context: { deadlineMs: now() + 5_000 } }), 1_000],
    ['the deadline before a longer timeoutMs', () => ({ timeoutMs: 3_000, context: { deadlineMs: now() + 200 } }), 200],
  ];
  it.each(limits)('bounds a call by %s', async (_, overrides, expectedMs) => {
    const send = scripted<Call>(someReply());
    await layer()(send)(made(overrides()));
    expect(send.requests[0]?.deadlineMs).toBe(clock.now() + expectedMs);
  });

  it.each([
    ['the deadline has passed', { context: { deadlineMs: 1 } }],
    ['timeoutMs is 0', { timeoutMs: 0 }],
    ['timeoutMs is no number', { timeoutMs: Number.NaN }],
  ])('never sends where %s', async (_, overrides) => {
    const send = scripted<Call>(someReply());
    const error = await rejection(layer()(send)(made(overrides)));
    expect(error.message).toBe('[deadline_exceeded] GET /api/things/{id}: not sent: the time was up before');
    expect(error).toMatchObject({ isUnprocessed: true, isTransient: false });
    expect(send.requests).toHaveLength(0);
  });

  it('ends at once when the caller gives up, and leaves nothing on its signal', async () => {
    const caller = new AbortController();
    const call = rejection(layer()(hanging)(made({ context: { signal: caller.signal } })));
    caller.abort();
    expect((await call).code).toBe('cancelled');
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  it('says that the time was up where that is why the served request has ended', async () => {
    const signal = AbortSignal.abort(someError('deadline_exceeded'));
    const error = await rejection(layer()(hanging)(made({ context: { signal } })));
    expect(error.code).toBe('deadline_exceeded');
  });
});
