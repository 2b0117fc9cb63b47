import { messageOf } from '@parley/contract';
import type { CommandLine } from './command-line.ts';
import { compileCache } from './compile-cache.ts';
import { type DocsServer, startDocsServer } from './docs/docs-server.ts';
import { chooseGateway } from './gateways/choose-gateway.ts';
import type { Gateway } from './gateways/gateway.ts';
import { hasOwnRoutes } from './gateways/gateway-files.ts';
import { servedPaths } from './gateways/served-paths.ts';
import { limitsSentence } from './gateways/table/client-limits.ts';
import { readGatewayTable } from './gateways/table/gateway-table.ts';
import { routeOf } from './gateways/table/routes.ts';
import { warnOfUnrouted } from './gateways/unrouted-operations.ts';
import { LocalError } from './local-error.ts';
import type { Log } from './log/log.ts';
import type { ServiceDocs } from './log/table.ts';
import { type Operation, readOperations } from './operations.ts';
import { type Plan, planReplicas, portCount } from './plan.ts';
import { type ReservedPorts, reservePorts } from './ports/ports.ts';
import { LivenessWatch } from './processes/liveness-watch.ts';
import { type ReplicaStatus, RunningReplicas, stoppedEarly } from './running-replicas.ts';
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

/**
 * Runs a compose file's services as local processes behind a gateway.
 * Scope: owns every process, port and temporary folder; `close()` leaves nothing behind, and neither does SIGKILL.
 */
export class Launcher {
  readonly #options: Required<Omit<LauncherOptions, 'gateway'>> & Pick<LauncherOptions, 'gateway'>;
  readonly #replicas: RunningReplicas;
  readonly #liveness = new LivenessWatch();
  #ports: ReservedPorts | undefined;
  #gateway: Gateway | undefined;
  #run: { readonly folder: string; readonly guard: Guard } | undefined;
  #operations: readonly Operation[] = [];
  #changes: Changes | undefined;
  #control: ControlSocket | undefined;
  #docsServer: DocsServer | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: LauncherOptions) {
    this.#options = { services: [], watch: false, readyTimeoutMs: 30_000, drainTimeoutMs: 15_000, ...options };
    this.#replicas = new RunningReplicas({ ...this.#options, isClosing: () => this.#closing !== undefined });
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
    return this.#replicas.statuses;
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
    const table = readGatewayTable(root);
    const setting = { ...this.#options, addresses: plan.addresses, folder };
    // Meanwhile: its configuration may be wrong, or not fit the services.
    if (hasOwnRoutes(root)) this.#gateway = createGateway(setting);
    for (const remark of plan.remarks) log.event('info', remark);
    // Of a configuration that is written by hand its owner knows them.
    if (table || !hasOwnRoutes(root)) log.event('info', limitsSentence(table?.clientLimits));
    await Promise.all([this.#gateway?.prepare(), this.#replicas.start(plan.replicas, folder)]);
    this.#refuseIfClosing();
    const operations = await readOperations(
      plan.replicas.map(({ service }) => service),
      plan.addresses,
    );
    if (table) warnOfUnrouted(table, operations, log);
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
    if (!this.#options.watch) return;
    const onTrouble = (sentence: string) => log.event('warn', sentence);
    this.#changes = onChanges(plan.folders, (service) => this.#replicas.renew(service), onTrouble);
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
    this.#replicas.kill();
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
    const processes = [...this.#replicas.processes, this.#gateway?.process];
    for (const process of processes) if (process) this.#liveness.watch(process);
    void this.#liveness.run();
  }

  /** For the command line of operators. Without it all else works. */
  async #takeRequests(folder: string): Promise<void> {
    try {
      this.#control = await openControlSocket(folder, (name) => this.#replicas.replace(name));
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

  async #close(): Promise<void> {
    this.#changes?.close();
    this.#control?.close();
    this.#docsServer?.close();
    this.#liveness.close();
    await this.#gateway?.close();
    await this.#replicas.stop();
    this.#ports?.close();
    if (!this.#run) return;
    removeRunFolder(this.#run.folder);
    await this.#run.guard.close();
  }

  #refuseIfClosing(): void {
    if (this.#closing) throw new LocalError(stoppedEarly);
  }
}
