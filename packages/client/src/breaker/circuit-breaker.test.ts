import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  admits,
  breaker,
  clock,
  fail,
  options,
  permit,
  rotation,
  states,
  succeed,
} from '../../test-fixtures/breaker.ts';
import { holding } from '../../test-fixtures/sample.ts';
import { settled } from '../testing/virtual-clock.ts';
import { windowBuckets } from './circuit.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { Permit } from './failure-detector.ts';

describe('a circuit', () => {
  it('has no opinion before circuitMinCalls', async () => {
    await fail(9);
    expect(breaker.state).toBe('closed');
    await fail(1);
    expect(breaker.state).toBe('open');
  });

  it('opens above circuitFailureRatio, not at it', async () => {
    await succeed(10);
    await fail(10);
    expect(breaker.state).toBe('closed');
    await fail(1);
    expect(breaker.state).toBe('open');
  });

  it('can open at the largest ratio', async () => {
    options.circuitFailureRatio = 0.99;
    await fail(10);
    expect(breaker.state).toBe('open');
  });

  it('opens at once: the failure that tips it lets no other attempt through', () => {
    for (let i = 0; i < 10; i++) permit().fail();
    expect(breaker.acquire()).toBeUndefined();
  });

  it('forgets what is older than the window', async () => {
    await fail(9);
    for (let i = 0; i < windowBuckets; i++) rotation.emit('rotate');
    await fail(9);
    expect(breaker.state).toBe('closed');
  });

  it('goes by what the options say when it counts', async () => {
    await fail(9);
    options.circuitMinCalls = 3;
    await fail(2);
    expect(breaker.state).toBe('closed'); // counting began anew
    await fail(1);
    expect(breaker.state).toBe('open');
  });

  it('is never stuck: whatever happened, an endpoint that works is closed again after a while', async () => {
    const step = fc.constantFrom('fail', 'succeed', 'release', 'hold', 'wait', 'force', 'auto');
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const one = new CircuitBreaker(holding({ ...options, circuitProbes: 3, circuitMinCalls: 3 }), rotation, () => {});
      const held: Permit[] = [];
      for (const step of steps) {
        if (step === 'wait') await clock.advance(1_500);
        else if (step === 'force') one.forceOpen();
        else if (step === 'auto') one.auto();
        else {
          const permit = one.acquire();
          if (step === 'hold') held.push(...(permit ? [permit] : []));
          else permit?.[step]();
        }
      }
      one.auto();
      for (const permit of held) permit.release();
      await clock.advance(30_000);
      for (let i = 0; i < 3; i++) one.acquire()?.succeed();
      await settled();
      expect(one.state).toBe('closed');
      one.close();
    });
    await fc.assert(property, { numRuns: 100 });
    expect(clock.pending).toBe(0);
  });

  it('has its probes at once when an attempt in panic succeeds', async () => {
    await fail(10);
    breaker.acquire(true)?.succeed();
    expect(states).toEqual(['open', 'half-open']);
    await succeed();
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it.each([
    ['succeeds', (probe: Permit) => probe.succeed(), 'closed'],
    ['fails', (probe: Permit) => probe.fail(), 'open'],
    ['has no result', (probe: Permit) => probe.release(), 'half-open'],
  ] as const)(
    'lets others probe while one probe takes long, and goes by that one too where it %s',
    async (_, end, state) => {
      await fail(10);
      await clock.advance(1_000);
      const probe = permit();
      await clock.advance(1_999);
      expect(breaker.availability).toBe('probing');
      await clock.advance(1);
      expect(breaker.availability).toBe('probe-wanted');
      end(probe);
      await settled();
      expect(breaker.state).toBe(state);
      breaker.close();
      expect(clock.pending).toBe(0);
    },
  );

  it('learns nothing from the failure of an attempt in panic', async () => {
    await fail(10);
    breaker.acquire(true)?.fail();
    expect(states).toEqual(['open']);
    await clock.advance(1_000);
    const probe = breaker.acquire(true); // the probe first
    breaker.acquire(true)?.fail();
    expect(breaker.state).toBe('half-open');
    probe?.succeed();
    await settled();
    expect(breaker.state).toBe('closed');
    breaker.close();
    expect(breaker.acquire(true)).toBeUndefined();
  });

  it('stays open when an attempt in panic succeeds, where it opened for another reason than failures', () => {
    breaker.eject();
    breaker.acquire(true)?.succeed();
    expect(states).toEqual(['open']);
  });

  it('opens by forceOpen, and comes back as from any opening', async () => {
    breaker.eject();
    breaker.eject();
    expect([breaker.state, breaker.acquire()]).toEqual(['open', undefined]);
    await clock.advance(1_000);
    await succeed();
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it('has its probe at once on request, and decides by its result', async () => {
    breaker.readmit();
    expect(breaker.state).toBe('closed');
    await fail(10);
    breaker.readmit();
    expect(breaker.state).toBe('half-open');
    await fail(1);
    expect(breaker.state).toBe('open');
    breaker.readmit();
    await succeed();
    expect(breaker.state).toBe('closed');
    expect(rotation.listenerCount('rotate')).toBe(1);
    breaker.close();
    breaker.readmit();
    expect(admits()).toBe(false);
  });
});
