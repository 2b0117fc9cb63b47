import type { Log } from './log.ts';
import { loopback } from './ports.ts';
import type { ProcessState } from './program.ts';
import { answersReady } from './readiness.ts';
import { SupervisedProcess } from './supervised-process.ts';

/** Where one process of a service runs. */
export interface ReplicaPlan {
  readonly service: string;
  /** `hello-1`. */
  readonly name: string;
  /** File to run. */
  readonly file: string;
  readonly port: number;
  readonly adminPort: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** What all replicas share. */
export interface ReplicaSetting {
  readonly root: string;
  /** The launcher's own environment, which every replica gets too. */
  readonly variables: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly readyTimeoutMs: number;
  readonly drainTimeoutMs: number;
}

const nodeArgs = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];

/** The process of one replica, restarted on the same port whenever it dies. */
export function createReplica(plan: ReplicaPlan, setting: ReplicaSetting): SupervisedProcess {
  const { service, name: replica, port, adminPort } = plan;
  const { log, root: cwd, readyTimeoutMs, drainTimeoutMs } = setting;
  const program = {
    name: replica,
    command: process.execPath,
    args: [...nodeArgs, plan.file],
    cwd,
    env: replicaEnvironment(plan, setting.variables),
    isReady: () => answersReady(adminPort),
    drainSignal: 'SIGTERM',
    readyTimeoutMs,
    drainTimeoutMs,
  } as const;
  return new SupervisedProcess(program, {
    onLine: (line, isError) => log.line({ service, replica }, line, isError),
    onState: (state, pid, why) => logState(log, { replica, state, pid }, why),
    onTrouble: (sentence) => log.event('error', explained(sentence, replica, port), { replica }),
  });
}

/** Where the process of a replica, or of nginx, stands. */
export interface ReplicaState {
  readonly replica: string;
  readonly state: ProcessState;
  readonly pid: number | undefined;
}

/** Logs what became of a process. */
export function logState(log: Log, now: ReplicaState, why?: string): void {
  const level = now.state === 'restarting' ? 'warn' : 'info';
  log.event(level, `${now.replica} is ${now.state}${why ? `: ${why}` : ''}`, { ...now });
}

function replicaEnvironment(plan: ReplicaPlan, variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  // Long enough for the gateway's idle connections to be gone.
  const drainDelay = { DRAIN_DELAY_MS: '400' };
  const own = { HOST: loopback, PORT: String(plan.port), ADMIN_PORT: String(plan.adminPort), ...drainDelay };
  return { ...variables, ...plan.environment, ...own };
}

function explained(sentence: string, replica: string, port: number): string {
  if (!sentence.includes('EADDRINUSE')) return sentence;
  return `${replica} cannot have port ${port} (or its admin port) again, something else took it: ${sentence}`;
}
