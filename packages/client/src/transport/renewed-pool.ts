import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
/** The limits that undici takes once, when a pool is made. */
export type PoolLimits = Pick<UpstreamOptions, 'maxConnections' | 'minConnections' | 'idleConnectionMs'>;

/** What is needed of an undici pool. */
export interface RenewablePool {
  readonly stats: { readonly [name in 'connected' | 'free' | 'pending' | 'queued' | 'running']: number };
  close(): Promise<void>;
}

/**
 * A pool that is opened for the first request, as an idle one of undici's holds 17 kB, and replaced when its limits have
 * changed. What runs in the old one ends there; new requests go to connections of their own.
 *
 * Scope: endpoint.
 */
export class RenewedPool<P extends RenewablePool> {
  readonly #options: Current<PoolLimits>;
  readonly #open: () => P;
  readonly #onRenew: () => void;
  readonly #retired = new Set<P>();
  #limits: PoolLimits;
  #pool: P | undefined;
  #isClosed = false;

  constructor(options: Current<PoolLimits>, open: () => P, onRenew: () => void = () => {}) {
    this.#options = options;
    this.#open = open;
    this.#onRenew = onRenew;
    this.#limits = options.current;
  }

  /** The one for a request that begins now. */
  get current(): P {
    if (this.#limits !== this.#options.current) this.#compare();
    this.#pool ??= this.#opened();
    return this.#pool;
  }

  /** The sum of one of undici's counts, old pools included. */
  total(name: keyof P['stats'] & keyof RenewablePool['stats']): number {
    let total = this.#pool?.stats[name] ?? 0;
    for (const { stats } of this.#retired) total += stats[name];
    return total;
  }

  /** Resolves when what runs has ended, and all connections are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#pool, ...this.#retired].map((pool) => pool?.close()));
  }

  #opened(): P {
    const pool = this.#open();
    if (this.#isClosed) void pool.close(); // it refuses the request
    return pool;
  }

  // Other options may have changed.
  #compare(): void {
    const { maxConnections, minConnections, idleConnectionMs } = this.#limits;
    this.#limits = this.#options.current;
    const now = this.#limits;
    const isOutdated =
      now.maxConnections !== maxConnections ||
      now.minConnections !== minConnections ||
      now.idleConnectionMs !== idleConnectionMs;
    if (isOutdated) this.#renew();
  }

  #renew(): void {
    const old = this.#pool;
    if (old) {
      this.#retired.add(old);
      void old.close().then(() => this.#retired.delete(old));
      this.#pool = undefined;
    }
    this.#limits = this.#options.current;
    this.#onRenew();
  }
}
