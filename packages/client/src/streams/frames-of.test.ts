import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { framings } from '@parley/contract';
import { rejection } from '../../test-fixtures/sample.ts';
import { settled, VirtualClock } from '../testing/virtual-clock.ts';
import { framesOf } from './frames-of.ts';

const { sse } = framings;
const origin = { operation: 'GET /events', endpoint: 'http://a', attempts: 1 };

function reading({ firstItemMs = 1_000, idleTimeoutMs = 2_000, deadlineMs = Number.POSITIVE_INFINITY } = {}) {
  const clock = new VirtualClock();
  const body = new PassThrough();
  body.on('error', () => {});
  const times = { firstItemAtMs: clock.now() + firstItemMs, idleTimeoutMs, deadlineMs: clock.now() + deadlineMs };
  const frames = framesOf(body, sse.parser({ maxItemBytes: 1_000 }), origin, { clock, ...times });
  return { clock, body, frames };
}

describe('framesOf', () => {
  it('waits for the first item as long as it may, whatever else comes', async () => {
    const { clock, body, frames } = reading();
    const failure = rejection(frames.next());
    await clock.advance(900);
    body.write(sse.heartbeat);
    await clock.advance(101);
    expect(await failure).toMatchObject({ code: 'deadline_exceeded', operation: 'GET /events', endpoint: 'http://a' });
    expect([body.destroyed, clock.pending]).toEqual([true, 0]);
  });

  it('waits in silence as long as it may, and again after each heartbeat', async () => {
    const { clock, body, frames } = reading();
    body.write(sse.item(1));
    expect((await frames.next()).value).toEqual({ kind: 'item', value: 1 });
    await clock.advance(10_000); // nobody waits
    const failure = rejection(frames.next());
    await clock.advance(1_900);
    body.write(sse.heartbeat);
    await clock.advance(1_900);
    expect(body.destroyed).toBe(false);
    await clock.advance(200);
    expect((await failure).detail).toBe('the stream was silent for 2000 ms');
  });

  it('ends at the deadline, also without a read that waits', async () => {
    const { clock, body, frames } = reading({ deadlineMs: 5_000 });
    body.write(sse.item(1));
    await frames.next();
    await clock.advance(5_000);
    expect(body.destroyed).toBe(true);
    expect((await rejection(frames.next())).code).toBe('deadline_exceeded');
    expect(clock.pending).toBe(0);
  });

  it('lets a body end after its last word, so that the socket can be kept', async () => {
    const { clock, body, frames } = reading();
    body.write(sse.end);
    expect((await frames.next()).value).toEqual({ kind: 'end' });
    expect((await frames.next()).done).toBe(true);
    expect(body.destroyed).toBe(false);
    body.end();
    await settled();
    await settled();
    expect([body.readableEnded, clock.pending]).toEqual([true, 0]);
  });

  it('does not wait for that for ever', async () => {
    const { clock, body, frames } = reading();
    body.write(sse.end);
    await frames.next();
    await frames.next();
    await clock.advance(1_000);
    expect([body.destroyed, clock.pending]).toEqual([true, 0]);
  });

  it('ends the body where its reader has had enough', async () => {
    const { clock, body, frames } = reading();
    body.write(sse.item(1) + sse.item(2));
    for await (const _ of frames) break;
    expect([body.destroyed, clock.pending]).toEqual([true, 0]);
  });
});
