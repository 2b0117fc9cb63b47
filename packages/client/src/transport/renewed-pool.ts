/** The limits that undici is told once, when a pool is made. */
export interface PoolLimits {
  readonly maxConnections: number;
  readonly minConnections: number;
  readonly idleConnectionMs: number;
}

/** What is needed of an undici pool. */
export interface RenewablePool {
  readonly stats: { readonly [name in 'connected' | 'pending' | 'queued' | 'running']: number };
  close(): Promise<void>;
}

/**
 * A pool that is replaced when its limits have changed. What runs in the old one ends there; new requests go to
 * connections of their own.
 *
 * Scope: endpoint.
 */
export class RenewedPool<P extends RenewablePool> {
  readonly #options: PoolLimits;
  readonly #open: () => P;
  readonly #onRenew: () => void;
  readonly #retired = new Set<P>();
  #limits: PoolLimits;
  #current: P;

  constructor(options: PoolLimits, open: () => P, onRenew: () => void = () => {}) {
    this.#options = options;
    this.#open = open;
    this.#onRenew = onRenew;
    this.#limits = limitsOf(options);
    this.#current = open();
  }

  /** The one for a request that begins now. */
  get current(): P {
    const { maxConnections, minConnections, idleConnectionMs } = this.#limits;
    const now = this.#options;
    const isOutdated =
      now.maxConnections !== maxConnections ||
      now.minConnections !== minConnections ||
      now.idleConnectionMs !== idleConnectionMs;
    if (isOutdated) this.#renew();
    return this.#current;
  }

  /** The sum of one number of undici's, over what runs in old pools too. */
  total(name: keyof P['stats'] & keyof RenewablePool['stats']): number {
    let total = this.#current.stats[name];
    for (const { stats } of this.#retired) total += stats[name];
    return total;
  }

  /** Resolves when what runs has ended, and all connections are closed. */
  async close(): Promise<void> {
    await Promise.all([this.#current, ...this.#retired].map((pool) => pool.close()));
  }

  #renew(): void {
    const old = this.#current;
    this.#retired.add(old);
    void old.close().then(() => this.#retired.delete(old));
    this.#limits = limitsOf(this.#options);
    this.#current = this.#open();
    this.#onRenew();
  }
}

function limitsOf({ maxConnections, minConnections, idleConnectionMs }: PoolLimits): PoolLimits {
  return { maxConnections, minConnections, idleConnectionMs };
}
