import { describe, expect, it } from '@jest/globals';
import { CallError } from '@parley/contract';
import { breaker, clock, fail, options, permit, succeed } from '../../test-fixtures/breaker.ts';

describe('the history of a circuit', () => {
  it('begins closed, when the endpoint became known', () => {
    const none = { circuitReason: undefined, lastFailure: undefined };
    expect(breaker.history).toEqual({ circuit: 'closed', circuitSinceMs: clock.now(), ...none });
  });

  it('has the time and the reason of an opening, until it closes', async () => {
    await clock.advance(500);
    await fail(10);
    const openedMs = clock.now();
    expect(breaker.history).toMatchObject({ circuit: 'open', circuitSinceMs: openedMs, circuitReason: 'failures' });
    await clock.advance(1_000);
    expect(breaker.history).toMatchObject({ circuit: 'half-open', circuitReason: 'failures' });
    await succeed();
    expect(breaker.history).toMatchObject({ circuit: 'closed', circuitReason: undefined, lastFailure: undefined });
  });

  it('has the code of the latest failure', () => {
    permit().fail(new CallError('attempt_timeout', 'late'));
    expect(breaker.history.lastFailure).toEqual({ code: 'attempt_timeout', atMs: clock.now() });
  });

  it('tells an operator, an outlier, a failed probe and slow replies apart', async () => {
    breaker.forceOpen();
    expect(breaker.history.circuitReason).toBe('operator');
    breaker.forceClose();
    breaker.auto();
    breaker.eject();
    expect(breaker.history.circuitReason).toBe('outlier');
    await clock.advance(1_000);
    permit().fail();
    expect(breaker.history).toMatchObject({ circuit: 'open', circuitReason: 'probe' });
  });

  it('calls slow replies slow', async () => {
    options.circuitSlowCallMs = 100;
    for (let i = 0; i < 10; i++) {
      const one = permit();
      await clock.advance(101);
      one.succeed();
    }
    expect(breaker.history).toMatchObject({ circuit: 'open', circuitReason: 'slow' });
  });
});
