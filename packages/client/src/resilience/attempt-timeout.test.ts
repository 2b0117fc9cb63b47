import { beforeEach, describe, expect, it } from '@jest/globals';
import { hanging, rejection, scripted, someReply, someRequest } from '../../test-fixtures/sample.ts';
import type { Request } from '../layer.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { attemptTimeout } from './attempt-timeout.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

describe('attemptTimeout', () => {
  const layer = () => attemptTimeout({ attemptTimeoutMs: 2_000 }, 'http://a', clock);
  const leaving = (ms: number, mayRetry: boolean): Request => someRequest({ deadlineMs: clock.now() + ms, mayRetry });

  async function toldMs(request: Request): Promise<string | undefined> {
    const send = scripted(someReply());
    await layer()(send)(request);
    return send.requests[0]?.headers['x-request-timeout-ms'];
  }

  it('gives up after attemptTimeoutMs, names the endpoint and the attempt', async () => {
    const late = rejection(layer()(hanging)({ ...leaving(60_000, true), attempt: 2 }));
    await clock.advance(1_999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    const { message, endpoint, attempts } = await late;
    expect(message).toBe('[attempt_timeout] GET /api/things/{id}: attempt 2 was not answered in 2000 ms');
    expect({ endpoint, attempts }).toEqual({ endpoint: 'http://a', attempts: 2 });
  });

  it('tells the server how long the answer is worth something', async () => {
    expect(await toldMs(leaving(60_000, false))).toBe('2000');
    expect(await toldMs(leaving(700, false))).toBe('700');
    expect(await toldMs(leaving(0.2, false))).toBe('1');
  });

  it('takes half of what is left where another attempt may follow', async () => {
    expect(await toldMs(leaving(1_000, true))).toBe('500');
    expect(await toldMs(leaving(1_000, false))).toBe('1000');
  });

  it('keeps the other headers', async () => {
    const send = scripted(someReply());
    await layer()(send)(someRequest({ headers: { accept: 'text/plain' } }));
    expect(send.requests[0]?.headers).toEqual({ accept: 'text/plain', 'x-request-timeout-ms': '2000' });
  });

  it('says that the deadline passed, and blames nobody, where that was the limit of the last attempt', async () => {
    const late = rejection(layer()(hanging)(leaving(300, false)));
    await clock.advance(300);
    const error = await late;
    expect(error.message).toBe('[deadline_exceeded] GET /api/things/{id}: attempt 1 was not answered in 300 ms');
    expect(error.blamesEndpoint).toBe(false);
  });

  it('blames the endpoint that had its full time, although the deadline passes at that moment too', async () => {
    const late = rejection(layer()(hanging)(leaving(1_999.7, false)));
    await clock.advance(2_000);
    expect((await late).code).toBe('attempt_timeout');
  });
});
