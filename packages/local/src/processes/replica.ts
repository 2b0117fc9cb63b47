import { compileCache } from '../compile-cache.ts';
import type { Log } from '../log/log.ts';
import { holderWords } from '../ports/port-holder.ts';
import { loopback } from '../ports/ports.ts';
import { createProbes } from '../ports/readiness.ts';
import { createProcessRecord } from '../runs/run-folder.ts';
import { livenessDefaults } from './liveness-watch.ts';
import type { ProcessState, Program } from './program.ts';
import { SupervisedProcess } from './supervised-process.ts';

/** Where one process of a service runs. */
export interface ReplicaPlan {
  readonly service: string;
  /** `hello-1`. */
  readonly name: string;
  /** Folder to run in. */
  readonly cwd: string;
  /** Flags of Node, the file to run, and its arguments. */
  readonly args: readonly string[];
  readonly port: number;
  readonly adminPort: number;
  /** Place of its service in the order of start; a gateway comes after all of them. */
  readonly stage: number;
  /** Services that must be ready before it starts. */
  readonly dependsOn: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What all replicas share. */
export interface ReplicaSetting {
  readonly root: string;
  /** The temporary folder of the run. */
  readonly folder: string;
  /** The launcher's own environment, which every replica gets too. */
  readonly variables: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly readyTimeoutMs: number;
  readonly drainTimeoutMs: number;
}

// A launcher that runs from source, as in Parley's own repository, runs services that do. Anywhere else packages are as published.
const conditions = process.execArgv.filter((flag) => flag.startsWith('--conditions='));
const nodeArgs = [...conditions, '--disable-warning=ExperimentalWarning'];

/** What the record on disk says of a replica, where it is not what the plan says. */
export interface ReplicaRecord {
  /** Of the record: two processes that run at once have two. */
  readonly name: string;
  /** Where callers go: a relay, where processes take turns. */
  readonly port: number;
  /** Where operators go, likewise. */
  readonly adminPort: number;
}

/** The process of one replica, restarted on the same port whenever it dies. */
export function createReplica(
  plan: ReplicaPlan,
  setting: ReplicaSetting,
  record: ReplicaRecord = plan,
): SupervisedProcess {
  const { service, name: replica, cwd, stage } = plan;
  const { log, readyTimeoutMs, drainTimeoutMs } = setting;
  const probes = createProbes(plan);
  const what = {
    name: replica,
    command: process.execPath,
    args: [...nodeArgs, ...plan.args],
    drainSignal: 'SIGTERM',
  } as const;
  const program: Program = {
    ...what,
    cwd,
    env: replicaEnvironment(plan, setting),
    isReady: (pid) => probes.isReady(pid),
    isAlive: () => probes.isAlive(livenessDefaults.timeoutMs),
    readyTimeoutMs,
    drainTimeoutMs,
    record: createProcessRecord(setting.folder, {
      ...what,
      name: record.name,
      stage,
      replica: { service, name: replica, address: urlOf(record.port), operators: urlOf(record.adminPort) },
    }),
  };
  return new SupervisedProcess(program, {
    onLine: (line, isError) => log.line({ service, replica }, line, isError),
    onState: (state, pid, why, isPlanned) => logState(log, { replica, state, pid }, why, isPlanned),
    onTrouble: (sentence) => log.event('error', explained(sentence, plan), { replica }),
  });
}

const urlOf = (port: number) => `http://${loopback}:${port}`;

/** Where the process of a replica, or of nginx, stands. */
export interface ReplicaState {
  readonly replica: string;
  readonly state: ProcessState;
  readonly pid: number | undefined;
}

/** Logs what became of a process. A restart that nobody has asked for is a warning. */
export function logState(log: Log, now: ReplicaState, why?: string, isPlanned = false): void {
  const level = now.state === 'restarting' && !isPlanned ? 'warn' : 'info';
  log.event(level, `${now.replica} is ${now.state}${why ? `: ${why}` : ''}`, { ...now });
}

function replicaEnvironment(plan: ReplicaPlan, { root, variables }: ReplicaSetting): NodeJS.ProcessEnv {
  // Long enough for the gateway's idle connections to be gone.
  const drainDelay = { DRAIN_DELAY_MS: '400' };
  const ports = { PORT: String(plan.port), ADMIN_PORT: String(plan.adminPort) };
  // The gateway runs here too.
  const own = { HOST: loopback, TRUSTED_PROXIES: loopback, ...ports, ...drainDelay };
  return { ...compileCache(root), ...variables, ...plan.environment, ...own };
}

function explained(sentence: string, { name, port, adminPort }: ReplicaPlan): string {
  const taken = [port, adminPort].find((each) => sentence.includes(`:${each}`));
  if (!taken || !/EADDRINUSE|port is taken/.test(sentence)) return sentence;
  return `${name} cannot have port ${taken} again, it is taken ${holderWords(taken)}: ${sentence}`;
}
