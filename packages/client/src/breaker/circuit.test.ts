import { describe, expect, it, jest } from '@jest/globals';
import {
  admits,
  breaker,
  clock,
  fail,
  halfOpen,
  options,
  permit,
  rotation,
  states,
  succeed,
} from '../../test-fixtures/breaker.ts';
import { holding } from '../../test-fixtures/sample.ts';
import { settled } from '../testing/virtual-clock.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

describe('opossum in a circuit', () => {
  it('is not tripped by attempts that it refuses', async () => {
    await fail(10);
    for (let i = 0; i < 1_000; i++) expect(breaker.acquire()).toBeUndefined();
    await clock.advance(1_000);
    await succeed();
    await fail(9);
    expect(breaker.state).toBe('closed');
  });

  it('is neither closed nor opened by a probe that does not count', async () => {
    await halfOpen();
    permit().release();
    await settled();
    expect(breaker.state).toBe('half-open');
    expect(admits()).toBe(true);
    await succeed();
    expect(breaker.state).toBe('closed');
  });

  it('is not diluted by attempts that say nothing', async () => {
    for (let i = 0; i < 100; i++) permit().release();
    await fail(10);
    expect(breaker.state).toBe('open');
  });

  it('is not diluted by attempts in flight', async () => {
    for (let i = 0; i < 100; i++) permit();
    await fail(10);
    expect(breaker.state).toBe('open');
  });

  it('is not closed by a success that began before it opened', async () => {
    const early = permit();
    await halfOpen();
    early.succeed();
    await settled();
    expect(breaker.state).toBe('half-open');
  });

  it('is not opened again by a failure that began before it opened', async () => {
    const early = permit();
    await halfOpen();
    await succeed();
    early.fail();
    await fail(9);
    expect(breaker.state).toBe('closed');
  });

  it('does not give the place of the probe to a late end of an earlier attempt', async () => {
    const early = permit();
    await halfOpen();
    permit();
    early.release();
    expect(admits()).toBe(false);
  });

  it('starts with fresh counts after closing', async () => {
    await halfOpen();
    await succeed();
    await fail(9);
    expect(breaker.state).toBe('closed');
    await fail(1);
    expect(breaker.state).toBe('open');
  });

  it('opens and closes again and again, and leaves no listener behind', async () => {
    for (let i = 0; i < 20; i++) {
      await halfOpen();
      await succeed();
      await clock.advance(10_000);
    }
    expect(breaker.state).toBe('closed');
    expect(rotation.listenerCount('rotate')).toBe(1);
  });

  it('sorts nothing at a failure, however many calls the window holds', async () => {
    for (let i = 0; i < 100_000; i++) permit().succeed();
    await settled();
    const sort = jest.spyOn(Array.prototype, 'sort');
    const concat = jest.spyOn(Array.prototype, 'concat');
    for (let i = 0; i < 100; i++) permit().fail();
    const calls = sort.mock.calls.length + concat.mock.calls.length;
    sort.mockRestore();
    concat.mockRestore();
    expect(calls).toBe(0);
  });

  it('leaves its options as they are', async () => {
    const frozen = Object.freeze({ ...options });
    const one = new CircuitBreaker(holding(frozen), rotation, () => {});
    expect(Object.keys(frozen)).toEqual(Object.keys(options));
    one.close();
  });

  it('has no timer and no listener left after close(), in whatever state', async () => {
    await fail(10);
    expect(clock.pending).toBe(1);
    breaker.close();
    expect(clock.pending).toBe(0);
    expect(rotation.listenerCount('rotate')).toBe(0);
  });

  it('stays shut after close(), whatever ends late', async () => {
    const early = permit();
    breaker.close();
    early.fail();
    await settled();
    await clock.advance(60_000);
    expect([admits(), breaker.acquire()]).toEqual([false, undefined]);
    expect(states).toEqual([]);
  });
});
