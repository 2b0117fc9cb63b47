import { chooseGateway } from './choose-gateway.ts';
import type { CommandLine } from './command-line.ts';
import { composeVariables, readComposeFile } from './compose-file.ts';
import type { Gateway } from './gateway.ts';
import { LocalError } from './local-error.ts';
import type { Log } from './log.ts';
import { addressesOf, type Plan, planReplicas, portCount } from './plan.ts';
import { loopback, portProblem, type ReservedPorts, reservePorts } from './ports.ts';
import { createReplica, type ReplicaPlan } from './replica.ts';
import type { SupervisedProcess } from './supervised-process.ts';
import type { TableRow } from './table.ts';
import { scaled, wiringOf } from './wiring.ts';

/** What a launcher needs to know. */
export interface LauncherOptions extends Pick<CommandLine, 'port' | 'gateway' | 'scale'> {
  /** Folder that holds `docker-compose.yml`, `services/` and `nginx/`. */
  readonly root: string;
  /** The environment that replicas inherit. */
  readonly variables: NodeJS.ProcessEnv;
  readonly log: Log;
  /** How long a process may take to get ready. @default 30_000 */
  readonly readyTimeoutMs?: number;
  /** How long a process may take to drain before it is killed. @default 15_000 */
  readonly drainTimeoutMs?: number;
}

/** A replica as it is now. */
export interface ReplicaStatus extends TableRow {
  readonly pid: number | undefined;
}

interface Replica {
  readonly plan: ReplicaPlan;
  readonly process: SupervisedProcess;
}

/**
 * Runs a compose file's services as local processes behind a gateway.
 * Scope: owns every process, port and temporary folder; `close()` leaves nothing behind.
 */
export class Launcher {
  readonly #options: Required<Omit<LauncherOptions, 'gateway'>> & Pick<LauncherOptions, 'gateway'>;
  readonly #replicas: Replica[] = [];
  #ports: ReservedPorts | undefined;
  #gateway: Gateway | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: LauncherOptions) {
    this.#options = { readyTimeoutMs: 30_000, drainTimeoutMs: 15_000, ...options };
  }

  /** Where clients go. */
  get url(): string {
    return `http://localhost:${this.#options.port}`;
  }

  /** The gateway, once there is one. */
  get gateway(): Pick<Gateway, 'name' | 'pid'> | undefined {
    return this.#gateway;
  }

  /** Every replica, in the order of start. */
  get replicas(): ReplicaStatus[] {
    return this.#replicas.map(({ plan: { service, name, port }, process: { state, pid } }) => ({
      service,
      replica: name,
      state,
      address: `http://${loopback}:${port}`,
      pid,
    }));
  }

  /** Starts everything in order and resolves when all is ready. After a rejection, `close()` stops what was started. */
  async start(): Promise<void> {
    const { log, port } = this.#options;
    const plan = await this.#plan();
    await refuseTakenPort(port);
    const gateway = await chooseGateway(this.#options.gateway, {
      ...this.#options,
      addresses: addressesOf(plan.replicas),
    });
    this.#gateway = gateway;
    for (const remark of plan.remarks) log.event('info', remark);
    for (const replicas of Map.groupBy(plan.replicas, ({ service }) => service).values()) {
      await this.#startReplicas(replicas);
    }
    this.#refuseIfClosing();
    await gateway.start();
    this.#refuseIfClosing();
  }

  /** Drains everything in order: the gateway first, then the services, what others depend on last. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends everything at once. */
  kill(): void {
    for (const { process } of this.#replicas) process.kill();
    this.#gateway?.kill();
    this.#ports?.close();
  }

  async #plan(): Promise<Plan> {
    const { root, variables, scale } = this.#options;
    const composed = composeVariables(root, variables);
    const wiring = scaled(wiringOf(readComposeFile(root), composed), scale);
    this.#ports = await reservePorts(portCount(wiring));
    return planReplicas(wiring, this.#ports.ports, root, composed);
  }

  async #startReplicas(plans: readonly ReplicaPlan[]): Promise<void> {
    this.#refuseIfClosing();
    const started = plans.map((plan) => ({ plan, process: createReplica(plan, this.#options) }));
    this.#replicas.push(...started);
    await Promise.all(started.map(({ process }) => process.start()));
  }

  async #close(): Promise<void> {
    await this.#gateway?.close();
    const byService = Map.groupBy(this.#replicas, ({ plan }) => plan.service);
    for (const replicas of [...byService.values()].reverse()) {
      await Promise.all(replicas.map(({ process }) => process.stop()));
    }
    this.#ports?.close();
  }

  #refuseIfClosing(): void {
    if (this.#closing) throw new LocalError('stopped before all was ready');
  }
}

async function refuseTakenPort(port: number): Promise<void> {
  const code = await portProblem(port);
  if (!code) return;
  const other = port === 8080 ? 8081 : 8080;
  const what = code === 'EADDRINUSE' ? 'is taken' : 'cannot be listened on';
  const remedy = code === 'EADDRINUSE' ? 'stop what uses it, or choose another' : 'choose another';
  throw new LocalError(`port ${port} on ${loopback} ${what} (${code}): ${remedy} with PORT=${other} npm start`);
}
