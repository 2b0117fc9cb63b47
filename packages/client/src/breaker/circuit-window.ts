import { EventEmitter } from 'node:events';
import type { Clock } from '../time/clock.ts';
import { windowBuckets } from './circuit.ts';

/** How long the window is that circuits count over. */
export interface CircuitWindowOptions {
  readonly circuitWindowMs: number;
}

/**
 * Turns the windows of all circuits of an upstream: one timer, not one per endpoint.
 *
 * Scope: upstream.
 */
export class CircuitWindow {
  readonly #options: CircuitWindowOptions;
  readonly #clock: Clock;
  /** Emits `rotate` each time that a part of the window is forgotten. */
  readonly rotation = new EventEmitter().setMaxListeners(0);
  #stop = () => {};

  constructor(options: CircuitWindowOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#wait();
  }

  /** Goes by the window's length as it is now, from now on. */
  restart(): void {
    this.#stop();
    this.#wait();
  }

  /** Stops its timer. */
  close(): void {
    this.#stop();
  }

  #wait(): void {
    const turn = () => {
      this.rotation.emit('rotate');
      this.#wait();
    };
    this.#stop = this.#clock.after(this.#options.circuitWindowMs / windowBuckets, turn, true);
  }
}
