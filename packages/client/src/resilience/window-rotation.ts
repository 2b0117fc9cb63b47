import { EventEmitter } from 'node:events';
import type { Clock } from '../clock.ts';
import { type CircuitBreakerOptions, windowBuckets } from './circuit-breaker.ts';

/** How often windows turn, and by which clock. */
export interface WindowRotationOptions extends Pick<CircuitBreakerOptions, 'circuitWindowMs'> {
  readonly clock: Clock;
}

/**
 * Turns the windows of all breakers: one timer for an upstream, not one per endpoint.
 *
 * Scope: upstream.
 */
export class WindowRotation {
  /** Emits `rotate` a tenth of a window after the last one. */
  readonly events = new EventEmitter().setMaxListeners(0);
  readonly #options: WindowRotationOptions;
  #cancel = () => {};

  constructor(options: WindowRotationOptions) {
    this.#options = options;
    this.restart();
  }

  /** Begins a step of the length that the window has now. */
  restart(): void {
    this.#cancel();
    const { clock, circuitWindowMs } = this.#options;
    this.#cancel = clock.after(circuitWindowMs / windowBuckets, () => this.#rotate(), true);
  }

  close(): void {
    this.#cancel();
  }

  #rotate(): void {
    this.restart();
    this.events.emit('rotate');
  }
}
