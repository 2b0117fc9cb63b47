import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { hangingUntilAborted, holding, scripted, someError, someReply } from '../../test-fixtures/sample.ts';
import type { SendAttempt } from '../layer.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { ActiveProbe } from './active-probe.ts';

let clock: VirtualClock;
let onPassed: jest.Mock<() => void>;
beforeEach(() => {
  clock = new VirtualClock();
  onPassed = jest.fn();
});

const probeOver = (send: SendAttempt, probePath: string | undefined = '/healthz') =>
  new ActiveProbe(
    { address: 'http://a', basePath: '/v1' },
    holding({ probePath, probeIntervalMs: 1_000, attemptTimeoutMs: 2_000, clock }),
    send,
    onPassed,
  );

describe('ActiveProbe', () => {
  it('asks once per interval until it is answered with 2xx, and then no more', async () => {
    const send = scripted(someReply(503), someError('unavailable'), someReply(302), someReply(204));
    const probe = probeOver(send);
    probe.start();
    await clock.advance(3_999);
    expect(send.requests).toHaveLength(3);
    expect(onPassed).not.toHaveBeenCalled();
    expect(probe.isPending).toBe(true);
    await clock.advance(1);
    expect(send.requests[3]).toMatchObject({ call: { method: 'GET', path: '/v1/healthz' }, endpoint: 'http://a' });
    expect(onPassed).toHaveBeenCalledTimes(1);
    expect(probe.isPending).toBe(false);
    await clock.advance(60_000);
    expect(send.requests).toHaveLength(4);
  });

  it('begins again at the next ejection, and runs once per ejection', async () => {
    const send = scripted(someReply(200));
    const probe = probeOver(send);
    for (let i = 0; i < 2; i++) {
      probe.start();
      probe.start();
      await clock.advance(5_000);
    }
    expect(send.requests).toHaveLength(2);
  });

  it('does nothing without a path', async () => {
    const send = scripted(someReply(200));
    const options = { probePath: undefined, probeIntervalMs: 1_000, attemptTimeoutMs: 2_000, clock };
    const probe = new ActiveProbe({ address: 'http://a', basePath: '' }, holding(options), send, onPassed);
    probe.start();
    await clock.advance(5_000);
    expect([probe.isPending, send.requests.length, clock.pending]).toEqual([false, 0, 0]);
  });

  it('ends with stop(), under way or not, until the next ejection', async () => {
    const replies: ((reply: ReturnType<typeof someReply>) => void)[] = [];
    const probe = probeOver(() => new Promise((resolve) => replies.push(resolve)));
    probe.start();
    probe.stop();
    expect([probe.isPending, clock.pending]).toEqual([false, 0]);
    probe.start();
    await clock.advance(1_000);
    probe.stop();
    probe.start();
    replies[0]?.(someReply(204));
    await clock.advance(999);
    expect([probe.isPending, onPassed.mock.calls.length]).toEqual([true, 0]);
    await clock.advance(1);
    replies[1]?.(someReply(204));
    await clock.advance(0);
    expect([probe.isPending, onPassed.mock.calls.length]).toEqual([false, 1]);
  });

  it('ends with close(), under way or not', async () => {
    const waiting = probeOver(scripted(someReply(200)));
    waiting.start();
    waiting.close();
    expect(clock.pending).toBe(0);
    const ended: unknown[] = [];
    const underWay = probeOver((request) => {
      const reply = hangingUntilAborted(request);
      reply.catch((error: unknown) => ended.push(error));
      return reply;
    });
    underWay.start();
    await clock.advance(1_000);
    underWay.close();
    await clock.advance(10_000);
    expect(ended).toHaveLength(1);
    expect([onPassed.mock.calls.length, clock.pending]).toEqual([0, 0]);
    underWay.start();
    expect(clock.pending).toBe(0);
  });
});
