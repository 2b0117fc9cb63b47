import cluster from 'node:cluster';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { listen } from '../connections/listen.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { ConfigError } from '../process/config-error.ts';
import { MergedMetrics } from './merged-metrics.ts';
import { createOperatorsServer } from './operators-port.ts';
import type { Supervision } from './supervision.ts';
import { Supervisor } from './supervisor.ts';
import { watchLiveness } from './worker-liveness.ts';
import { WorkerProcess } from './worker-process.ts';

/** The program that each worker runs. */
export interface WorkerProgram {
  readonly script: string;
  readonly args: readonly string[];
}

/**
 * Runs the workers of a service until it is stopped: by SIGTERM or SIGINT, by an operator, or since its workers crash again and again.
 * SIGHUP restarts them one by one.
 *
 * @throws ConfigError where the operators' port cannot be had, or there is no folder for sockets, or its path is too long
 */
export async function superviseService(
  supervision: Supervision,
  { script, args }: WorkerProgram,
  logger: Logger,
): Promise<void> {
  const { adminHost, adminPort } = supervision;
  // By turns: a connection that is kept alive stays with its worker, so connections must be spread evenly. With a port that all listen on, the kernel
  // gives most to the worker that slept last, and loses those that wait for a worker that stops.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: script, args: [...args], stdio: ['inherit', 'pipe', 'inherit', 'ipc'] });
  const folder = socketFolder();
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const metrics = new MergedMetrics();
  const workers = () => supervisor.workers;
  const server = createOperatorsServer({ workers, metrics, ownMetrics: ownMetrics(() => supervisor), logger });
  const taken = await listen(server, { host: adminHost, port: adminPort, variable: 'ADMIN_PORT' });
  let number = 0;
  const start = () =>
    new WorkerProcess({
      socket: join(folder, `${++number}.sock`),
      adminPort: taken,
      onStop: () => void stop(0),
    });
  const onEnd = (worker: WorkerProcess) => metrics.keep(worker.metrics);
  const onGiveUp = () => void stop(1);
  const onAllReady = () => logger.info({ workers: supervision.workers, adminPort: taken }, 'all workers are ready');
  const supervisor = new Supervisor({ ...supervision, start, onAllReady, onEnd, onGiveUp, logger });
  const endWatch = watchLiveness(workers, logger);
  let isStopping = false;
  const stop = async (exitCode: number) => {
    if (isStopping) return;
    isStopping = true;
    endWatch();
    await supervisor.stop();
    close(server);
    logger.info('all workers have stopped');
    end(logger, exitCode);
  };
  heedSignals({ stop: () => void stop(0), isStopping: () => isStopping, supervisor, logger });
  if (!(await supervisor.start())) await stop(1);
}

/** A reader of the log that has stopped reading must not keep the service from ending. */
const flushTimeoutMs = 1000;

/** Ends the process; by a signal where the log cannot be written: process.exit would wait for its reader. */
function end(logger: Logger, exitCode: number): void {
  const isStuck = setTimeout(() => process.removeAllListeners('SIGTERM').kill(process.pid, 'SIGTERM'), flushTimeoutMs);
  logger.flush(() => {
    clearTimeout(isStuck);
    process.exit(exitCode);
  });
}

interface Heeding {
  readonly stop: () => void;
  readonly isStopping: () => boolean;
  readonly supervisor: Supervisor;
  readonly logger: Logger;
}

function heedSignals({ stop, isStopping, supervisor, logger }: Heeding): void {
  const onStop = (signal: NodeJS.Signals) => {
    if (isStopping()) {
      supervisor.kill();
      end(logger, 1);
      return;
    }
    logger.info({ signal }, 'asked to stop');
    stop();
  };
  process.on('SIGTERM', onStop).on('SIGINT', onStop);
  // In a terminal it says that the terminal has gone: then the process ends by it.
  if (!process.stdin.isTTY) process.on('SIGHUP', () => void supervisor.restart());
}

/** Bytes of a Unix socket's path. */
const maxPathBytes = process.platform === 'linux' ? 107 : 103;

function socketFolder(): string {
  const pathBytes = Buffer.byteLength(join(tmpdir(), 'parley-workers-XXXXXX', '999999.sock'));
  if (pathBytes > maxPathBytes) {
    throw new ConfigError(
      `the paths of the workers' sockets have ${pathBytes} bytes; the limit is ${maxPathBytes}: set TMPDIR to a shorter path than ${tmpdir()}, or WORKERS=1`,
    );
  }
  try {
    // Only its user may enter it.
    return mkdtempSync(join(tmpdir(), 'parley-workers-'));
  } catch (error) {
    throw new ConfigError(
      `expected a folder for the sockets of the workers, but ${tmpdir()} cannot be written (${(error as NodeJS.ErrnoException).code}): set TMPDIR to one that can, or WORKERS=1`,
    );
  }
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}

/** Metrics of the supervisor: its process counts with those of the workers, which say the rest. */
function ownMetrics(supervisor: () => Supervisor): () => string {
  const registry = new MetricsRegistry();
  const one = (value: number) => [{ labels: [], value }];
  const gauge = (name: string, help: string, read: () => number) =>
    registry.observed('gauge', { name, help }, () => one(read()));
  const counter = (name: string, help: string, read: () => number) =>
    registry.observed('counter', { name, help }, () => one(read()));
  gauge('parley_server_workers', 'Workers that accept requests.', () => supervisor().workers.length);
  counter(
    'parley_server_worker_restarts_total',
    'Workers that were started again after they had ended by themselves.',
    () => supervisor().restarts,
  );
  counter('process_cpu_seconds_total', '', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge('process_start_time_seconds', '', () => performance.timeOrigin / 1000);
  gauge('process_resident_memory_bytes', '', () => process.memoryUsage.rss());
  return () => registry.render('openmetrics');
}
