import { messageOf } from '@parley/contract';
import { LocalError } from './local-error.ts';
import type { TableRow } from './log/table.ts';
import type { SeatedPlan } from './plan.ts';
import { loopback } from './ports/ports.ts';
import { RenewableReplica, type ReplicaProcess } from './processes/renewable-replica.ts';
import { createReplica, type ReplicaPlan, type ReplicaSetting } from './processes/replica.ts';

/** The error of a start that was stopped. */
export const stoppedEarly = 'stopped before all was ready';

/** A replica as it is now. */
export interface ReplicaStatus extends TableRow {
  readonly pid: number | undefined;
}

interface Replica {
  readonly plan: ReplicaPlan;
  readonly process: ReplicaProcess;
}

/** What the replicas of a launcher need of it. */
export interface ReplicasOptions extends Omit<ReplicaSetting, 'folder'> {
  /** Whether the launcher stops: nothing is started any more then. */
  readonly isClosing: () => boolean;
}

/**
 * The processes of all services.
 * Scope: launcher.
 */
export class RunningReplicas {
  readonly #options: ReplicasOptions;
  readonly #replicas: Replica[] = [];
  /** The replacement that is under way. */
  #replacing: Promise<void> = Promise.resolve();

  constructor(options: ReplicasOptions) {
    this.#options = options;
  }

  /** Every replica, in the order of start. */
  get statuses(): ReplicaStatus[] {
    return this.#replicas.map(({ plan, process: { state, pid } }) => ({
      service: plan.service,
      replica: plan.name,
      state,
      address: `http://${loopback}:${plan.port}`,
      operators: `http://${loopback}:${plan.adminPort}`,
      pid,
    }));
  }

  /** Their processes, in the order of start. */
  get processes(): readonly ReplicaProcess[] {
    return this.#replicas.map(({ process }) => process);
  }

  /** Starts all services at once, but each only when what it depends on is ready. */
  async start(plans: readonly SeatedPlan[], folder: string): Promise<void> {
    const ready = new Map<string, Promise<void>>();
    for (const [service, replicas] of Map.groupBy(plans, (plan) => plan.service)) {
      const dependencies = replicas.flatMap(({ dependsOn }) => dependsOn.map((name) => ready.get(name)));
      ready.set(service, this.#startService(replicas, folder, dependencies));
    }
    await Promise.all(ready.values());
  }

  async #startService(plans: readonly SeatedPlan[], folder: string, dependencies: readonly unknown[]): Promise<void> {
    await Promise.all(dependencies);
    this.#refuseIfClosing();
    const setting = { ...this.#options, folder };
    const started = plans.map((plan) => ({
      plan,
      process: plan.places ? new RenewableReplica(plan, plan.places, setting) : createReplica(plan, setting),
    }));
    this.#replicas.push(...started);
    await Promise.all(started.map(({ process }) => process.start()));
  }

  /**
   * Replaces the process of one replica without losing a request: in watch mode the new process is ready before the old one drains; else
   * the other replicas serve meanwhile. One at a time: a second call waits for the first.
   *
   * @param name `hello-1`
   * @throws LocalError where there is no such replica, no other replica could serve, or the new process does not get ready
   */
  replace(name: string): Promise<void> {
    const replacing = this.#replacing.then(() => this.#replace(name));
    this.#replacing = replacing.catch(() => {});
    return replacing;
  }

  /** One replica after the other. */
  async renew(service: string): Promise<void> {
    const { log } = this.#options;
    log.event('info', `${service} has changed`);
    for (const { plan } of this.#replicas.filter((replica) => replica.plan.service === service)) {
      if (this.#options.isClosing()) return;
      await this.replace(plan.name).catch((error) =>
        log.event('error', `${messageOf(error)}: the process before the change goes on`),
      );
    }
  }

  /** Drains them, what others depend on last. */
  async stop(): Promise<void> {
    const byService = Map.groupBy(this.#replicas, ({ plan }) => plan.service);
    for (const replicas of [...byService.values()].reverse()) {
      await Promise.all(replicas.map(({ process }) => process.stop()));
    }
  }

  /** Ends them at once. */
  kill(): void {
    for (const { process } of this.#replicas) process.kill();
  }

  async #replace(name: string): Promise<void> {
    this.#refuseIfClosing();
    const replica = this.#replicas.find(({ plan }) => plan.name === name);
    if (!replica) {
      const running = this.#replicas.map(({ plan }) => plan.name).join(', ') || 'none';
      throw new LocalError(`expected a replica that runs, got "${name}"; running: ${running}`);
    }
    const { plan, process } = replica;
    const isServed = this.#replicas.some(
      (other) => other !== replica && other.plan.service === plan.service && other.process.state === 'ready',
    );
    if (!isServed && !(process instanceof RenewableReplica)) {
      throw new LocalError(
        `${name} is the only replica of ${plan.service} that is ready, so requests would be lost: start with --watch, where the new process ` +
          `is ready first, or with --scale ${plan.service}=2`,
      );
    }
    await process.replace();
  }

  #refuseIfClosing(): void {
    if (this.#options.isClosing()) throw new LocalError(stoppedEarly);
  }
}
