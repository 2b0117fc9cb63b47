import type { Logger } from 'pino';
import type { LogLevel } from '../process/log-levels.ts';

/** How a level is changed. */
export interface LogLevelChange {
  readonly level: LogLevel;
  /** Time in ms after which the level goes back. */
  readonly forMs: number;
}

/** The level of a log, as operators see it. */
export interface LogLevelStatus {
  /** The level that holds now. */
  readonly level: string;
  /** The level that the service was started with. */
  readonly configured: string;
  /** When the level goes back to the configured one, as ISO 8601. None while the configured level holds. */
  readonly endsAt: string | undefined;
}

/**
 * Changes the level of a running service's log for a while. Children inherit it, such as `context.log` and the access log;
 * a child with a level of its own keeps that.
 *
 * Scope: service.
 */
export class TemporaryLogLevel {
  readonly #logger: Logger;
  readonly #configured: string;
  readonly #onBack: (levels: { readonly before: string; readonly after: string }) => void;
  #timer: NodeJS.Timeout | undefined;
  #endsAtMs: number | undefined;

  /** @param onBack called when the time of a change is up */
  constructor(logger: Logger, onBack: (levels: { readonly before: string; readonly after: string }) => void) {
    this.#logger = logger;
    this.#configured = logger.level;
    this.#onBack = onBack;
  }

  get status(): LogLevelStatus {
    const endsAt = this.#endsAtMs === undefined ? undefined : new Date(this.#endsAtMs).toISOString();
    return { level: this.#logger.level, configured: this.#configured, endsAt };
  }

  /** Changes the level. A change before this one ends; the configured level holds at once and for good. */
  change({ level, forMs }: LogLevelChange): void {
    this.#clear();
    this.#logger.level = level;
    if (level === this.#configured) return;
    this.#endsAtMs = Date.now() + forMs;
    this.#timer = setTimeout(() => this.#goBack(), forMs).unref();
  }

  /** Goes back to the configured level at once, where another one holds: the service stops. */
  close(): void {
    if (this.#endsAtMs === undefined) return;
    this.#clear();
    this.#logger.level = this.#configured;
  }

  #goBack(): void {
    const before = this.#logger.level;
    this.close();
    this.#onBack({ before, after: this.#configured });
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#endsAtMs = undefined;
  }
}
