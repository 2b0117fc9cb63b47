import type { RequestListener } from 'node:http';
import type { Contract } from '@parley/contract';
import type { Logger } from 'pino';
import type { ServiceMetrics } from '../metrics/service-metrics.ts';
import type { ServiceListener } from '../telemetry/service-events.ts';
import { adminListener } from './admin-listener.ts';
import { AuditLog } from './audit-log.ts';
import { TemporaryLogLevel } from './log-level.ts';
import { RecentCalls } from './recent-calls.ts';
import type { EffectiveOptions } from './service-options.ts';

/** The service that operators look at and act on. */
export interface AdministrationOptions extends EffectiveOptions {
  readonly contract: Contract;
  /** Of its API. */
  readonly version: string;
  readonly metrics: Pick<ServiceMetrics, 'load' | 'render'>;
  readonly isDraining: () => boolean;
  /** Begins to stop it, as SIGTERM does. */
  readonly drain: () => void;
  readonly logger: Logger;
}

/**
 * What operators have of one service: its admin API, with what it keeps for them. Made before the app, whose requests it listens to.
 *
 * Scope: service.
 */
export class Administration {
  /** Serves the operators' port. */
  readonly listener: RequestListener;
  /** Gets an event for each request of the service. */
  readonly requests: ServiceListener;
  readonly #recent: RecentCalls;
  readonly #logLevel: TemporaryLogLevel;

  constructor(options: AdministrationOptions) {
    const { contract, version, metrics, isDraining, drain, logger, settings } = options;
    const audit = new AuditLog(logger);
    this.#recent = new RecentCalls(contract);
    this.#logLevel = new TemporaryLogLevel(logger, (levels) => audit.ended('setLogLevel', levels));
    this.requests = this.#recent;
    const parts = { logLevel: this.#logLevel, recent: this.#recent, effective: options, audit };
    const service = { contract, version, load: () => metrics.load, isDraining, drain, ...parts };
    this.listener = adminListener({ metrics, service, access: settings, logger });
  }

  /** The service stops: what operators have set ends, and nothing is listened to any more. */
  close(): void {
    this.#recent.close();
    this.#logLevel.close();
  }
}
