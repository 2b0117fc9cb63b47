import { openRelay, type Relay } from '../ports/relay.ts';
import type { ProcessState } from './program.ts';
import { createReplica, type ReplicaPlan, type ReplicaSetting } from './replica.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** Ports of one process. */
export interface Place {
  readonly port: number;
  readonly adminPort: number;
}

/** What the launcher does with a replica. */
export type ReplicaProcess = Pick<
  SupervisedProcess,
  'state' | 'pid' | 'start' | 'replace' | 'stop' | 'kill' | 'isAlive' | 'endHung'
>;

/**
 * A replica whose process can be replaced by one of the code as it is now, without a lost request: the new one is ready before
 * the old one drains. Callers and operators know the ports of the plan; processes take turns between two places behind them.
 * Scope: one per replica, in watch mode.
 */
export class RenewableReplica implements ReplicaProcess {
  readonly #plan: ReplicaPlan;
  readonly #setting: ReplicaSetting;
  #places: readonly [Place, Place];
  #current: SupervisedProcess;
  /** The process that is to replace the current one. */
  #next: SupervisedProcess | undefined;
  readonly #relays: Partial<Record<keyof Place, Relay>> = {};

  constructor(plan: ReplicaPlan, places: readonly [Place, Place], setting: ReplicaSetting) {
    this.#plan = plan;
    this.#setting = setting;
    this.#places = places;
    this.#current = this.#processAt(places[0]);
  }

  /** Where the process that serves stands. */
  get state(): ProcessState {
    return this.#current.state;
  }

  /** Process id of the process that serves. */
  get pid(): number | undefined {
    return this.#current.pid;
  }

  /** Starts the first process, and listens on the plan's ports once it is ready. */
  async start(): Promise<void> {
    await this.#current.start();
    const [{ port, adminPort }] = this.#places;
    this.#relays.port = await openRelay(this.#plan.port, port);
    this.#relays.adminPort = await openRelay(this.#plan.adminPort, adminPort);
  }

  /**
   * Starts a new process, and drains the old one once the new one is ready.
   *
   * @throws LocalError where the new one does not get ready; then the old one goes on
   */
  async replace(): Promise<void> {
    const [from, to] = this.#places;
    const next = this.#processAt(to);
    this.#next = next;
    try {
      await next.start();
    } catch (error) {
      await next.stop();
      throw error;
    } finally {
      this.#next = undefined;
    }
    const old = this.#current;
    this.#current = next;
    this.#places = [to, from];
    this.#relays.port?.leadTo(to.port);
    this.#relays.adminPort?.leadTo(to.adminPort);
    await old.stop();
  }

  /** Drains it; kills it if that takes too long. */
  async stop(): Promise<void> {
    await Promise.all([this.#next?.stop(), this.#current.stop()]);
    this.#closeRelays();
  }

  /** Ends it and all that it started, at once. */
  kill(): void {
    this.#next?.kill();
    this.#current.kill();
    this.#closeRelays();
  }

  /** Whether the process that serves answers in time. */
  isAlive(): Promise<boolean> {
    return this.#current.isAlive();
  }

  /** Kills the process that serves, which does not answer. */
  endHung(failures: number): void {
    this.#current.endHung(failures);
  }

  #closeRelays(): void {
    this.#relays.port?.close();
    this.#relays.adminPort?.close();
  }

  #processAt(place: Place): SupervisedProcess {
    const { name, port, adminPort } = this.#plan;
    const record = { name: `${name}-${place.port}`, port, adminPort };
    return createReplica({ ...this.#plan, ...place }, this.#setting, record);
  }
}
