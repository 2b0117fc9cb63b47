import { beforeEach, describe, expect, it } from '@jest/globals';
import { AttemptsLeft, MinVersions } from '@parley/contract';
import {
  hanging,
  holding,
  problemReply,
  rejection,
  scripted,
  someAttempt,
  someReply,
} from '../../test-fixtures/sample.ts';
import type { Attempt } from '../layer.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Reply } from '../transport/reply.ts';
import { attemptTimeout } from './attempt-timeout.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

describe('attemptTimeout', () => {
  const layer = () => attemptTimeout(holding({ attemptTimeoutMs: 2_000 }), clock);
  const leaving = (ms: number, mayRetry: boolean): Attempt =>
    someAttempt({ mayRetry }, { deadlineMs: clock.now() + ms });

  async function toldMs(request: Attempt): Promise<string | undefined> {
    const send = scripted(someReply());
    await layer()(send)(request);
    return send.requests[0]?.headers['x-request-timeout-ms'];
  }

  it('asks for what the caller has written, and past caches that know of no versions', async () => {
    const sentWith = async (minVersions: MinVersions | undefined, headers = {}) => {
      const send = scripted(someReply());
      await layer()(send)(someAttempt({ headers }, { context: { minVersions } as never }));
      const { 'x-min-versions': versions, 'cache-control': asked } = send.requests[0]?.headers ?? {};
      return [versions, asked];
    };
    const written = new MinVersions([['things', 7]]);
    expect(await sentWith(written)).toEqual(['things=7', 'no-cache']);
    expect(await sentWith(written, { 'cache-control': 'max-age=5' })).toEqual(['things=7', 'max-age=5, no-cache']);
    expect(await sentWith(new MinVersions())).toEqual([undefined, undefined]);
    expect(await sentWith(undefined)).toEqual([undefined, undefined]);
  });

  it('gives up after attemptTimeoutMs, names the endpoint and the attempt', async () => {
    const late = rejection(layer()(hanging)({ ...leaving(5_000, true), number: 2 }));
    await clock.advance(1_999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    const { message, endpoint, attempts } = await late;
    expect(message).toBe('[attempt_timeout] GET /api/things/{id}: attempt 2 was not answered in 2000 of 5000 ms');
    expect({ endpoint, attempts }).toEqual({ endpoint: 'http://a', attempts: 2 });
  });

  it('tells the server how long the answer is worth something, less the way of a refusal', async () => {
    expect(await toldMs(leaving(5_000, true))).toBe('1980');
    expect(await toldMs(leaving(701, false))).toBe('679');
    expect(await toldMs(leaving(51, false))).toBe('44');
    expect(await toldMs(leaving(0.2, false))).toBe('1');
  });

  it('takes half of what is left where another attempt may follow', async () => {
    expect(await toldMs(leaving(1_000, true))).toBe('480');
    expect(await toldMs(leaving(1_000, false))).toBe('978');
  });

  it('gives an attempt that no other may follow all of the time that is left', async () => {
    expect(await toldMs(leaving(5_000, false))).toBe('4978');
    const only = leaving(30_000, false);
    expect(await toldMs(only)).toBe('29978');
    const late = rejection(layer()(hanging)(only));
    await clock.advance(30_000);
    expect(await late).toMatchObject({ code: 'deadline_exceeded', blamesEndpoint: true });
  });

  it('keeps the other headers', async () => {
    const send = scripted(someReply());
    await layer()(send)(someAttempt({}, { headers: { accept: 'text/plain' }, deadlineMs: clock.now() + 5_000 }));
    expect(send.requests[0]?.headers).toEqual({
      accept: 'text/plain',
      'x-request-timeout-ms': '4978',
      'x-attempts-left': '2',
    });
  });

  it('reports deadline_exceeded, and blames no endpoint, where the deadline was the limit of the last attempt', async () => {
    const late = rejection(layer()(hanging)(leaving(300, false)));
    await clock.advance(300);
    const error = await late;
    expect(error.message).toBe('[deadline_exceeded] GET /api/things/{id}: attempt 1 was not answered in 298 of 300 ms');
    expect(error.blamesEndpoint).toBe(false);
  });

  it.each([
    [2_000, true],
    [1_000, true],
    [998, false],
  ])('of an attempt with half of %d ms says whether the endpoint is to blame: %p', async (leftMs, isToBlame) => {
    const late = rejection(layer()(hanging)(leaving(leftMs, true)));
    await clock.advance(leftMs);
    expect(await late).toMatchObject({ code: 'attempt_timeout', isTransient: true, blamesEndpoint: isToBlame });
  });

  it('blames the endpoint of a last attempt too, where only the code is the deadline', async () => {
    const late = rejection(layer()(hanging)(leaving(1_500, false)));
    await clock.advance(1_500);
    expect(await late).toMatchObject({ code: 'deadline_exceeded', blamesEndpoint: true });
  });

  it('ends before the deadline does, so that it is the one to say how', async () => {
    const late = rejection(layer()(hanging)(leaving(300, false)));
    await clock.advance(299);
    expect((await late).code).toBe('deadline_exceeded');
  });

  describe('of a server that gives up', () => {
    const giveUpAfter = (ms: number) =>
      layer()(
        () => new Promise<Reply>((resolve) => void clock.after(ms, () => resolve(problemReply('deadline_exceeded')))),
      );

    it('when its time is up gives the same error as a hanging server', async () => {
      const late = rejection(giveUpAfter(1_980)(leaving(5_000, true)));
      await clock.advance(1_980);
      expect(await late).toMatchObject({ code: 'attempt_timeout', isTransient: true, blamesEndpoint: true });
    });

    it('when the time of the last attempt is up says that the deadline passed', async () => {
      const late = rejection(giveUpAfter(279)(leaving(300, false)));
      await clock.advance(279);
      expect(await late).toMatchObject({ code: 'deadline_exceeded', blamesEndpoint: false });
    });

    it('by a limit of its own hands on what it says', async () => {
      const reply = giveUpAfter(500)(leaving(5_000, true));
      await clock.advance(500);
      expect((await reply).error).toMatchObject({ code: 'deadline_exceeded', isTransient: false });
    });
  });

  it('of a call that is meant to take long has half of what is left, and says so where that is not enough', async () => {
    const long = someAttempt(
      { mayRetry: true },
      { attemptTimeoutMs: Number.POSITIVE_INFINITY, deadlineMs: clock.now() + 30_000 },
    );
    expect(await toldMs(long)).toBe('14980');
    const late = rejection(layer()(hanging)(long));
    await clock.advance(15_000);
    expect((await late).message).toBe(
      '[attempt_timeout] GET /api/things/{id}: attempt 1 was not answered in 15000 of 30000 ms',
    );
  });

  it.each([
    ['a little of the usual time, which blames no endpoint', 200, 200, false],
    ['longer than usual', 4_000, 4_000, true],
    ['longer than half of what is left', 9_000, 5_000, true],
  ])('has the time of its own call: %s', async (_, attemptTimeoutMs, ms, blamesEndpoint) => {
    const own = someAttempt({ mayRetry: true }, { attemptTimeoutMs, deadlineMs: clock.now() + 10_000 });
    const late = rejection(layer()(hanging)(own));
    await clock.advance(ms - 1);
    expect(clock.pending).toBeGreaterThan(0);
    await clock.advance(1);
    expect(await late).toMatchObject({ code: 'attempt_timeout', blamesEndpoint });
  });

  it('tells the server how many more attempts may be made below it', async () => {
    const send = scripted(someReply());
    await layer()(send)(someAttempt({ attemptsLeft: new AttemptsLeft(2) }));
    expect(send.requests[0]?.headers['x-attempts-left']).toBe('2');
  });

  it('heeds an option that changes while it runs', async () => {
    const options = { attemptTimeoutMs: 2_000 };
    const send = attemptTimeout(holding(options), clock)(hanging);
    options.attemptTimeoutMs = 100;
    const late = rejection(send(leaving(5_000, true)));
    await clock.advance(100);
    expect((await late).code).toBe('attempt_timeout');
  });
});
