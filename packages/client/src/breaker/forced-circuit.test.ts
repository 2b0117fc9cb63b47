import { describe, expect, it } from '@jest/globals';
import { admits, breaker, clock, fail, permit, states, succeed } from '../../test-fixtures/breaker.ts';

describe('a circuit that an operator forces', () => {
  it('lets nothing through while forced open, however long', async () => {
    breaker.forceOpen();
    await clock.advance(3_600_000);
    expect([breaker.state, admits(), breaker.acquire()]).toEqual(['forced-open', false, undefined]);
    expect(clock.pending).toBe(0);
  });

  it('lets everything through while forced closed, and counts nothing', async () => {
    await fail(10);
    breaker.forceClose();
    await fail(1_000);
    expect([breaker.state, admits()]).toEqual(['forced-closed', true]);
    await clock.advance(60_000);
    breaker.auto();
    await fail(9);
    expect(breaker.state).toBe('closed');
    breaker.forceClose();
    await fail(1_000);
    expect(states).toEqual(['open', 'forced-closed', 'closed', 'forced-closed']);
  });

  it('decides by probes after it was forced open', async () => {
    breaker.forceOpen();
    breaker.auto();
    expect(breaker.state).toBe('half-open');
    await succeed();
    expect(breaker.state).toBe('closed');
  });

  it('learns nothing from attempts that began before', async () => {
    const early = Array.from({ length: 20 }, permit);
    breaker.forceClose();
    breaker.auto();
    for (const permit of early) permit.fail();
    expect(breaker.state).toBe('closed');
  });

  it('tells of each change once', async () => {
    breaker.auto();
    breaker.forceOpen();
    breaker.forceOpen();
    breaker.forceClose();
    breaker.auto();
    expect(states).toEqual(['forced-open', 'forced-closed', 'closed']);
  });

  it('is not opened again by force after close()', () => {
    breaker.close();
    breaker.forceClose();
    expect(admits()).toBe(false);
  });
});
