import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect } from '@jest/globals';
import type { CircuitState } from '@parley/contract';
import type { CircuitBreakerOptions } from '../src/breaker/circuit.ts';
import { CircuitBreaker } from '../src/breaker/circuit-breaker.ts';
import type { Permit } from '../src/breaker/failure-detector.ts';
import { settled, VirtualClock } from '../src/testing/virtual-clock.ts';
import { holding } from './sample.ts';

// One breaker for each test, with its clock and its options. Importing it prepares a new one before each test, and closes it after.

export let clock: VirtualClock;
export let rotation: EventEmitter;
export let options: { -readonly [Name in keyof CircuitBreakerOptions]: CircuitBreakerOptions[Name] };
export let breaker: CircuitBreaker;
export let states: CircuitState[];
beforeEach(() => {
  clock = new VirtualClock();
  rotation = new EventEmitter();
  states = [];
  options = {
    circuitWindowMs: 10_000,
    circuitMinCalls: 10,
    circuitFailureRatio: 0.5,
    circuitConsecutiveFailures: 1_000,
    circuitSlowCallMs: Number.POSITIVE_INFINITY,
    circuitSlowRatio: 0.8,
    circuitOpenMs: 1_000,
    circuitMaxOpenMs: 30_000,
    circuitProbes: 1,
    attemptTimeoutMs: 2_000,
    clock,
    random: () => 1, // of the time that is random, all
  };
  breaker = new CircuitBreaker(holding(options), rotation, (state) => states.push(state));
});
afterEach(() => {
  breaker.close();
});

/** An attempt would be let through now. */
export function admits(one = breaker): boolean {
  return one.availability === 'available' || one.availability === 'probe-wanted';
}

/** A permit for one attempt. */
export function permit(): Permit {
  const permit = breaker.acquire();
  if (!permit) throw new Error('expected a permit');
  return permit;
}

/** So many attempts fail. */
export async function fail(times: number): Promise<void> {
  for (let i = 0; i < times; i++) permit().fail();
  await settled();
}

/** So many attempts succeed. */
export async function succeed(times = 1): Promise<void> {
  for (let i = 0; i < times; i++) permit().succeed();
  await settled();
}

/** Brings the breaker to its first probe. */
export async function halfOpen(): Promise<void> {
  await fail(10);
  await clock.advance(1_000);
  expect(breaker.state).toBe('half-open');
}
