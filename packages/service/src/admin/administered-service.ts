import type { Contract } from '@parley/contract';
import type { HandlersWith } from '../middleware/extras.ts';
import type { ServiceLoad } from '../telemetry/service-events.ts';
import type { AuditLog } from './audit-log.ts';
import type { admin } from './contract.ts';
import type { EventHub } from './event-hub.ts';
import type { Faults } from './faults.ts';
import type { TemporaryLogLevel } from './log-level.ts';
import type { RecentCalls } from './recent-calls.ts';
import type { EffectiveOptions } from './service-options.ts';
import type { UpstreamOverrides } from './upstream-overrides.ts';

/** What the handlers know of a request beyond the contract. */
export interface AdminExtras {
  /** Address of the operator's connection. */
  readonly peer: string | undefined;
  /** Cuts off the operator's connection. */
  readonly drop: () => void;
}

/** Functions that serve the admin API. */
export type AdminHandlers = HandlersWith<typeof admin, AdminExtras>;

/** The service that is administered. */
export interface AdministeredService {
  readonly contract: Contract;
  /** Of its API. */
  readonly version: string;
  readonly load: () => ServiceLoad;
  readonly isDraining: () => boolean;
  /** Begins to stop it, as SIGTERM does. */
  readonly drain: () => void;
  readonly logLevel: TemporaryLogLevel;
  readonly recent: RecentCalls;
  readonly events: EventHub;
  readonly faults: Faults;
  readonly overrides: UpstreamOverrides;
  /** What it runs with. */
  readonly effective: EffectiveOptions;
  /** Has a line for each act. */
  readonly audit: AuditLog;
}
