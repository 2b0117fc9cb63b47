import cluster from 'node:cluster';
import { rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import type { ServiceMetrics } from '../metrics/service-metrics.ts';
import type { WorkerPlace } from '../process/worker-place.ts';
import { drainMessage, peerHeader, type WorkerMessage } from './worker-messages.ts';

/** Something left open after the last line of a drain keeps the process no longer than this, in ms. */
const lingerMs = 1000;

/** This process as a worker of its supervisor. */
export class OwnWorker {
  readonly #place: WorkerPlace;

  constructor(place: WorkerPlace) {
    this.#place = place;
    // A supervisor that was killed cannot clean up. Before Node's own listener, which ends the worker.
    process.prependOnceListener('disconnect', () => {
      if (!cluster.worker?.exitedAfterDisconnect) rmSync(dirname(place.socket), { recursive: true, force: true });
    });
  }

  /** Serves operators on a socket that only the supervisor knows. Answers with the port that operators use. */
  async listenForOperators(server: Server): Promise<number> {
    // Each connection has one request. What is behind this sees the operator's address as that of the connection.
    server.prependListener('request', (req) => {
      Object.defineProperty(req.socket, 'remoteAddress', { value: req.headers[peerHeader] });
      delete req.headers[peerHeader];
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Exclusive: Node would share this socket among the workers, as it does the port.
    server.once('error', reject).listen({ path: this.#place.socket, exclusive: true }, resolve);
    await promise;
    return this.#place.adminPort;
  }

  /** Tells the supervisor that the worker accepts requests. */
  ready(): void {
    this.#tell({ parley: 'ready' });
  }

  /** Stops the service, with all its workers. Answers once this one has stopped. @param stop stops this one */
  stopService(stop: () => Promise<void>): Promise<void> {
    this.askToStop();
    return stop();
  }

  /** Asks the supervisor to stop the service, with all its workers. */
  askToStop(): void {
    this.#tell({ parley: 'stop' });
  }

  /** Leaves the last metrics to the supervisor, so that its sums never fall. */
  leaveMetrics(metrics: Pick<ServiceMetrics, 'render'>): void {
    this.#tell({ parley: 'metrics', text: metrics.render('openmetrics') });
  }

  /**
   * Stops the worker, and ends its process, where the supervisor says so or the process gets SIGTERM. Answers with a function that takes the
   * listener of SIGTERM away.
   */
  stopWhenAsked(stop: () => Promise<void>, logger: Logger): () => void {
    let isStopping = false;
    const onAsked = () => {
      if (isStopping) return;
      isStopping = true;
      logger.info('worker asked to stop');
      void stop().then(leave);
    };
    process.on('message', (message: Partial<typeof drainMessage> | null) => {
      if (message?.parley === drainMessage.parley) onAsked();
    });
    process.on('SIGTERM', onAsked);
    // A terminal sends them to all processes of its group; the supervisor decides what they mean.
    for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
    return () => process.off('SIGTERM', onAsked);
  }

  #tell(message: WorkerMessage): void {
    if (process.connected) process.send?.(message);
  }
}

// An empty event loop ends the process by itself and loses no output; process.exit is for what was left open.
function leave(): void {
  process.exitCode = 0;
  cluster.worker?.disconnect();
  setTimeout(() => process.exit(0), lingerMs).unref();
}
