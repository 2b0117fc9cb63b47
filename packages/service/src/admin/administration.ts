import type { RequestListener } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import type { Contract } from '@parley/contract';
import type { Logger } from 'pino';
import type { ServiceMetrics } from '../metrics/service-metrics.ts';
import type { ErrorMapping } from '../middleware/error-mapping.ts';
import type { ServiceListener } from '../telemetry/service-events.ts';
import { adminListener } from './admin-listener.ts';
import { AuditLog } from './audit-log.ts';
import { Trials } from './docs/trials.ts';
import { EventHub } from './event-hub.ts';
import { Faults } from './faults.ts';
import { TemporaryLogLevel } from './log-level.ts';
import { RecentCalls } from './recent-calls.ts';
import type { EffectiveOptions } from './service-options.ts';
import { UpstreamOverrides } from './upstream-overrides.ts';

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
  /** Serves callers. Asked for when an operation is tried: the app is made after this. */
  readonly app: () => RequestListener;
  /** Whether callers need a client certificate. */
  readonly clientCertificates: boolean;
  /** The form of errors for callers that know no problems. */
  readonly errors?: ErrorMapping | undefined;
}

/**
 * What operators have of one service: its admin API and API docs, with what they keep. Made before the app, whose requests it listens to.
 *
 * Scope: service.
 */
export class Administration {
  /** Serves the operators' port. */
  readonly listener: RequestListener;
  /** Get an event for each request of the service, and each refusal. */
  readonly listeners: readonly ServiceListener[];
  readonly #events = new EventHub();
  readonly #faults = new Faults();
  readonly #overrides = new UpstreamOverrides();
  readonly #options: AdministrationOptions;
  readonly #recent: RecentCalls;
  readonly #logLevel: TemporaryLogLevel;
  readonly #trials: Trials;

  constructor(options: AdministrationOptions) {
    const { contract, version, metrics, isDraining, drain, logger, settings, clientCertificates, errors } = options;
    const audit = new AuditLog(logger, (act) => this.#events.acted(act));
    this.#options = options;
    this.#recent = new RecentCalls(contract);
    this.#logLevel = new TemporaryLogLevel(logger, (levels) => audit.ended('setLogLevel', levels));
    this.listeners = [this.#recent, this.#events];
    const parts = {
      logLevel: this.#logLevel,
      recent: this.#recent,
      events: this.#events,
      faults: this.#faults,
      overrides: this.#overrides,
      effective: options,
      audit,
    };
    const service = { contract, version, load: () => metrics.load, isDraining, drain, ...parts };
    this.#trials = new Trials(contract, options.app);
    const access = { ...settings, clientCertificates };
    const document = { version, errors };
    this.listener = adminListener({ metrics, service, access, document, trials: this.#trials, logger });
  }

  /** The options of the service's operations, with what injects faults where operators may act. */
  operations(given: object = {}): object {
    const { settings, contract } = this.#options;
    if (settings.adminActToken === undefined) return given;
    return this.#faults.within(Object.keys(contract.operations), given);
  }

  /** The service begins to stop. */
  draining(): void {
    this.#events.draining();
  }

  /** The service stops: what operators have set ends, and nothing is listened to any more. */
  async close(): Promise<void> {
    this.#events.close();
    this.#faults.close();
    this.#overrides.close();
    this.#recent.close();
    this.#logLevel.close();
    this.#trials.close();
    await turn(); // streams of events end whole, before their connections are closed
  }
}
