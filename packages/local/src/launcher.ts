import type { CommandLine } from './command-line.ts';
import { compileCache } from './compile-cache.ts';
import { type DocsServer, startDocsServer } from './docs/docs-server.ts';
import { chooseGateway } from './gateways/choose-gateway.ts';
import type { Gateway } from './gateways/gateway.ts';
import { hasOwnRoutes } from './gateways/gateway-files.ts';
import { routeOf } from './gateways/routes.ts';
import { servedPaths } from './gateways/served-paths.ts';
import { LocalError, messageOf } from './local-error.ts';
import type { Log } from './log/log.ts';
import type { ServiceDocs, TableRow } from './log/table.ts';
import { type Operation, readOperations } from './operations.ts';
import { type Plan, planReplicas, portCount, type SeatedPlan } from './plan.ts';
import { loopback, type ReservedPorts, reservePorts } from './ports/ports.ts';
import { LivenessWatch } from './processes/liveness-watch.ts';
import { RenewableReplica, type ReplicaProcess } from './processes/renewable-replica.ts';
import { createReplica, type ReplicaPlan } from './processes/replica.ts';
import { type ControlSocket, openControlSocket } from './runs/control-socket.ts';
import { endEarlierRuns } from './runs/earlier-runs.ts';
import { type Guard, startGuard } from './runs/guard.ts';
import { createRunFolder, removeRunFolder } from './runs/run-folder.ts';
import { refuseSecondLauncher, refuseTakenPort } from './taken-port.ts';
import { type Changes, onChanges } from './watch/changes.ts';
import { composeVariables, readComposeFile } from './wiring/compose-file.ts';
import { limitedTo, scaled, wiringOf } from './wiring/wiring.ts';

/** What a launcher needs to know. */
export interface LauncherOptions extends Pick<CommandLine, 'port' | 'gateway' | 'scale'> {
  /** Services to run, with what they depend on. @default [], which is all */
  readonly services?: readonly string[];
  /** Whether a service whose code changes gets new processes. @default false */
  readonly watch?: boolean;
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
  readonly process: ReplicaProcess;
}

/**
 * Runs a compose file's services as local processes behind a gateway.
 * Scope: owns every process, port and temporary folder; `close()` leaves nothing behind, and neither does SIGKILL.
 */
export class Launcher {
  readonly #options: Required<Omit<LauncherOptions, 'gateway'>> & Pick<LauncherOptions, 'gateway'>;
  readonly #replicas: Replica[] = [];
  readonly #liveness = new LivenessWatch();
  #ports: ReservedPorts | undefined;
  #gateway: Gateway | undefined;
  #run: { readonly folder: string; readonly guard: Guard } | undefined;
  #operations: readonly Operation[] = [];
  #changes: Changes | undefined;
  #control: ControlSocket | undefined;
  /** The replacement that is under way. */
  #replacing: Promise<void> = Promise.resolve();
  #docsServer: DocsServer | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: LauncherOptions) {
    this.#options = { services: [], watch: false, readyTimeoutMs: 30_000, drainTimeoutMs: 15_000, ...options };
  }

  /** Where clients go. */
  get url(): string {
    return `http://localhost:${this.#options.port}`;
  }

  /** The gateway, once there is one. */
  get gateway(): Pick<Gateway, 'name' | 'pid'> | undefined {
    return this.#gateway;
  }

  /** What clients can ask for through the gateway, once all is ready. */
  get operations(): readonly Operation[] {
    return this.#operations;
  }

  /** Where the API docs of each service with operations are, once all is ready: those of its first replica. */
  get docs(): readonly ServiceDocs[] {
    const documented = [...new Set(this.#operations.map(({ service }) => service))];
    return documented.flatMap((service) => {
      const replica = this.replicas.find((one) => one.service === service);
      return replica ? [{ service, url: `${replica.operators}/docs` }] : [];
    });
  }

  /** The page with the operations of all services, once all is ready. */
  get allDocs(): string | undefined {
    return this.#docsServer?.url;
  }

  /** Every replica, in the order of start. */
  get replicas(): ReplicaStatus[] {
    return this.#replicas.map(({ plan, process: { state, pid } }) => ({
      service: plan.service,
      replica: plan.name,
      state,
      address: `http://${loopback}:${plan.port}`,
      operators: `http://${loopback}:${plan.adminPort}`,
      pid,
    }));
  }

  /** Starts everything in order and resolves when all is ready. After a rejection, `close()` stops what was started. */
  async start(): Promise<void> {
    const { log, port, root } = this.#options;
    const plan = await this.#plan();
    await endEarlierRuns(log);
    await refuseTakenPort(port);
    this.#refuseIfClosing();
    const { folder } = this.#openRun();
    refuseSecondLauncher(port);
    const createGateway = await chooseGateway(this.#options.gateway, this.#options.variables);
    const setting = { ...this.#options, addresses: plan.addresses, folder };
    // Meanwhile: its configuration may be wrong, or not fit the services.
    if (hasOwnRoutes(root)) this.#gateway = createGateway(setting);
    for (const remark of plan.remarks) log.event('info', remark);
    await Promise.all([this.#gateway?.prepare(), this.#startReplicas(plan.replicas, folder)]);
    this.#refuseIfClosing();
    const operations = await readOperations(
      plan.replicas.map(({ service }) => service),
      plan.addresses,
    );
    this.#gateway ??= createGateway({ ...setting, served: servedPaths(operations, plan.routes, log) });
    const gateway = this.#gateway;
    this.#operations = [...operations.values()].flat().filter(({ path }) => routeOf(path, gateway.routes));
    // Another program may have taken the port since. nginx would try for ever, and the other program would answer its probe.
    // A second launcher may have looked before the first one had recorded itself.
    refuseSecondLauncher(port);
    await refuseTakenPort(port);
    await gateway.prepare();
    await gateway.start();
    this.#refuseIfClosing();
    await this.#serveDocs();
    this.#probe();
    await this.#takeRequests(folder);
    if (this.#options.watch) this.#changes = onChanges(plan.folders, (service) => this.#renew(service));
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

  /** Drains everything in order: the gateway first, then the services, what others depend on last. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends everything at once. */
  kill(): void {
    this.#changes?.close();
    this.#control?.close();
    this.#docsServer?.close();
    this.#liveness.close();
    for (const { process } of this.#replicas) process.kill();
    this.#gateway?.kill();
    this.#ports?.close();
    if (!this.#run) return;
    removeRunFolder(this.#run.folder);
    this.#run.guard.kill();
  }

  /** The page is a comfort: without it all else runs. */
  async #serveDocs(): Promise<void> {
    const port = this.#ports?.ports.at(-1) ?? 0;
    const services = () =>
      [...Map.groupBy(this.replicas, ({ service }) => service)].map(([name, replicas]) => {
        const { address, operators } =
          replicas.find(({ state }) => state === 'ready') ?? (replicas[0] as ReplicaStatus);
        return { name, url: `${operators}/docs`, address: address.replace('http://', '') };
      });
    try {
      this.#docsServer = await startDocsServer({ port, gateway: this.url, services });
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      this.#options.log.event('warn', `cannot serve the API docs of all services on port ${port}: ${code}`);
    }
  }

  /** A debugger that has stopped a replica looks as if the replica hung. */
  #probe(): void {
    if (this.#options.variables.NODE_OPTIONS?.includes('--inspect')) return;
    const processes = [...this.#replicas.map(({ process }) => process), this.#gateway?.process];
    for (const process of processes) if (process) this.#liveness.watch(process);
    void this.#liveness.run();
  }

  /** One replica after the other. */
  async #renew(service: string): Promise<void> {
    const { log } = this.#options;
    log.event('info', `${service} has changed`);
    for (const { plan } of this.#replicas.filter((replica) => replica.plan.service === service)) {
      if (this.#closing) return;
      await this.replace(plan.name).catch((error) =>
        log.event('error', `${messageOf(error)}: the process before the change goes on`),
      );
    }
  }

  async #replace(name: string): Promise<void> {
    this.#refuseIfClosing();
    const replica = this.#replicas.find(({ plan }) => plan.name === name);
    if (!replica) throw new LocalError(`expected a replica that runs, got "${name}"`);
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

  /** For the command line of operators. Without it all else works. */
  async #takeRequests(folder: string): Promise<void> {
    try {
      this.#control = await openControlSocket(folder, (name) => this.replace(name));
    } catch (error) {
      this.#options.log.event('warn', `"parley rollout" cannot reach this launcher: ${messageOf(error)}`);
    }
  }

  #openRun() {
    const { root, variables, log } = this.#options;
    const folder = createRunFolder(this.#options);
    this.#run = { folder, guard: startGuard(folder, { ...compileCache(root), ...variables }, log) };
    return this.#run;
  }

  async #plan(): Promise<Plan> {
    const { root, variables, scale, services, watch } = this.#options;
    const composed = composeVariables(root, variables);
    const wiring = scaled(limitedTo(wiringOf(readComposeFile(root), composed), services), scale);
    // One more, the last, for the API docs of all services.
    this.#ports = await reservePorts(portCount(wiring, { root, watch }) + 1, root);
    return planReplicas(wiring, this.#ports.ports.slice(0, -1), composed, { root, watch });
  }

  /** Starts all services at once, but each only when what it depends on is ready. */
  async #startReplicas(plans: readonly SeatedPlan[], folder: string): Promise<void> {
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

  async #close(): Promise<void> {
    this.#changes?.close();
    this.#control?.close();
    this.#docsServer?.close();
    this.#liveness.close();
    await this.#gateway?.close();
    const byService = Map.groupBy(this.#replicas, ({ plan }) => plan.service);
    for (const replicas of [...byService.values()].reverse()) {
      await Promise.all(replicas.map(({ process }) => process.stop()));
    }
    this.#ports?.close();
    if (!this.#run) return;
    removeRunFolder(this.#run.folder);
    await this.#run.guard.close();
  }

  #refuseIfClosing(): void {
    if (this.#closing) throw new LocalError('stopped before all was ready');
  }
}
