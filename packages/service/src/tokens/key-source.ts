import type { Logger } from 'pino';
import { loggedError } from '../process/logged-error.ts';

/** How keys are read. */
export interface KeySourceOptions<Keys> {
  /** Reads and checks them. */
  readonly read: () => Promise<Keys>;
  /** So old they are read again, while those at hand still serve. */
  readonly maxAgeMs: number;
  readonly logger: Logger;
  /** Milliseconds that never jump. */
  readonly nowMs?: () => number;
}

/** A token that names a key which is not there has the keys read again, but not more often than this. */
export const cooldownMs = 10_000;

/** Time in ms between two reads while there are no keys: no caller passes without keys. */
export const firstReadEveryMs = 1_000;

/**
 * Keeps the keys of an issuer of tokens, so that the issuer is not asked at each token and may be down for a while. Reads
 * old keys again in the background, and at once (but rarely) for a token with an unknown key. If a read fails, the last
 * keys stay.
 */
export class KeySource<Keys> {
  readonly #options: KeySourceOptions<Keys>;
  readonly #nowMs: () => number;
  #keys: Keys | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(options: KeySourceOptions<Keys>, first?: Keys) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    if (first === undefined) return;
    this.#keys = first;
    this.#readAtMs = this.#askedAtMs = this.#nowMs();
  }

  /** The keys at hand, at once where there are some; nothing where there are none to be had. */
  current(): Keys | Promise<Keys | undefined> {
    const keys = this.#keys;
    if (keys === undefined) return this.#asked(firstReadEveryMs).then(() => this.#keys);
    if (this.#nowMs() - this.#readAtMs >= this.#options.maxAgeMs) void this.#asked(cooldownMs);
    return keys;
  }

  /** The keys, read again unless that was just done: for a token whose key is not among the {@link current} ones. */
  async newest(): Promise<Keys | undefined> {
    await this.#asked(cooldownMs);
    return this.#keys;
  }

  /** Never rejects. */
  #asked(everyMs: number): Promise<void> {
    if (this.#reading) return this.#reading;
    const nowMs = this.#nowMs();
    if (nowMs - this.#askedAtMs < everyMs) return Promise.resolve();
    this.#askedAtMs = nowMs;
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { read, logger } = this.#options;
    try {
      this.#keys = await read();
      this.#readAtMs = this.#nowMs();
    } catch (error) {
      const left = this.#keys === undefined ? 'there are none' : 'the last ones stay';
      logger.error({ err: loggedError(error) }, `keys of the token issuer cannot be read: ${left}`);
    }
  }
}
