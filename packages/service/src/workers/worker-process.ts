import cluster, { type Worker } from 'node:cluster';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as send } from 'node:http';
import { standardOutput } from '../process/logger.ts';
import { workerVariable } from '../process/worker-place.ts';
import { closeUntaken } from './untaken-connections.ts';
import { passWholeLines } from './whole-lines.ts';
import { drainMessage, type WorkerMessage } from './worker-messages.ts';

/** How a worker ended. */
export interface WorkerEnd {
  /** `exit code 1`, `killed by SIGKILL`. */
  readonly how: string;
  readonly livedMs: number;
  /** Whether it had accepted requests. */
  readonly wasReady: boolean;
}

/** Default of `readyTimeoutMs`. */
const defaultReadyTimeoutMs = 60_000;

/** What a worker needs, and what it tells. */
export interface WorkerOptions {
  /** Unix socket for the requests of operators. */
  readonly socket: string;
  readonly adminPort: number;
  /** It asks to stop the service. */
  readonly onStop: () => void;
  /** A worker that does not accept requests this long after its start, in ms, is killed: it would block its place, and all restarts. Default: 60 s. */
  readonly readyTimeoutMs?: number;
}

/** A request of an operator, as it goes to a worker. */
export interface WorkerRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body?: Buffer | undefined;
  /** Cuts it off. */
  readonly signal: AbortSignal;
}

/** One worker, as its supervisor sees it. */
export class WorkerProcess {
  /** Settles once it accepts requests, with true; where it ends before that, with false. */
  readonly ready: Promise<boolean>;
  readonly ended: Promise<WorkerEnd>;
  /** It accepts requests, and has not ended. */
  isReady = false;
  /** Whether it drains. */
  isStopping = false;
  /** Its metrics, as they were when it was asked last, in OpenMetrics' format. */
  metrics = '';
  readonly #worker: Worker;
  readonly #options: WorkerOptions;

  /** Starts it. */
  constructor(options: WorkerOptions) {
    const { socket, adminPort, readyTimeoutMs = defaultReadyTimeoutMs } = options;
    this.#options = options;
    const startedAtMs = performance.now();
    this.#worker = cluster.fork(workerVariable({ socket, adminPort }));
    closeUntaken(this.#worker.process);
    const { stdout } = this.#worker.process;
    if (stdout) passWholeLines(stdout, (lines) => standardOutput().write(lines));
    const ready = Promise.withResolvers<boolean>();
    const ended = Promise.withResolvers<WorkerEnd>();
    this.ready = ready.promise;
    this.ended = ended.promise;
    let killedFor: string | undefined;
    const limit = setTimeout(() => {
      killedFor = `not ready in ${readyTimeoutMs / 1000} s`;
      this.kill();
    }, readyTimeoutMs);
    // A debugger may have stopped it.
    if (isDebugged()) clearTimeout(limit);
    this.#worker.on('message', (message: WorkerMessage) => {
      if (message?.parley === 'ready') {
        this.isReady = true;
        clearTimeout(limit);
        ready.resolve(true);
      } else if (message?.parley === 'stop') options.onStop();
      else if (message?.parley === 'metrics') this.metrics = message.text;
    });
    const end = (how: string) => {
      const wasReady = this.isReady;
      this.isReady = false;
      clearTimeout(limit);
      ready.resolve(false);
      ended.resolve({ how: killedFor ?? how, livedMs: performance.now() - startedAtMs, wasReady });
    };
    this.#worker.process.once('error', (error) => end(error.message));
    // 'close' and not 'exit': then all that it wrote has been passed on.
    this.#worker.process.once('close', (code, signal) => end(signal ? `killed by ${signal}` : `exit code ${code}`));
    this.#worker.on('error', () => {});
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Drains it, and answers once it has ended. It is killed where that takes longer than `limitMs`. */
  async stop(limitMs: number): Promise<void> {
    this.isStopping = true;
    // A worker that starts has no request yet, and does not listen to messages.
    if (this.isReady && this.#worker.isConnected()) this.#worker.send(drainMessage);
    else this.#worker.process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), limitMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends it at once. */
  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  /** Sends it a request. @throws Error where it gives no reply */
  request({ body, ...head }: WorkerRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      send({ ...head, socketPath: this.#options.socket, agent: false }, resolve)
        .on('error', reject)
        .end(body);
    });
  }
}

/** Whether a debugger may stop the workers. */
export function isDebugged(): boolean {
  return process.execArgv.some((flag) => flag.startsWith('--inspect'));
}
