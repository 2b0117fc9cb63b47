import type { Server } from 'node:http';
import { setImmediate as afterAccepting, setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { loggedError } from '../process/logged-error.ts';
import type { Connections } from './track-connections.ts';

/** Something that a service opened and closes after its last request: an upstream, a database. */
export interface Closeable {
  close(): Promise<void> | void;
}

/** What a drain works on. */
export interface DrainOptions {
  readonly connections: Connections;
  /** Told when no more is accepted: streams would not end by themselves. */
  readonly stopping?: AbortController;
  readonly adminServer: Server;
  /** Closed after the last request, in order. */
  readonly closeables: readonly Closeable[];
  /** How long to accept still, so that balancers notice: at least the time they take for it. */
  readonly drainDelayMs: number;
  /** How long requests in flight may take after that. */
  readonly drainTimeoutMs: number;
  /** How long one closeable may take; then it is left behind. Default 5000. */
  readonly closeTimeoutMs?: number;
  readonly logger: Logger;
}

/**
 * Stops a service without failing a request: not ready but still serving, then no new connections, then
 * no requests in flight, then what they used, then the operators' port. Never throws, and always ends.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { connections, adminServer, closeables, drainDelayMs, drainTimeoutMs, closeTimeoutMs = 5000, logger } = options;
  logger.info({ drainDelayMs, drainTimeoutMs }, 'draining');
  connections.startClosing();
  await wait(drainDelayMs);
  // After the delay: a client that opens its stream again at once must reach another replica.
  options.stopping?.abort();
  // The kernel has taken connections for us while this process did something else, and resets them when we stop to
  // listen. Node accepts all of them right before this.
  await afterAccepting();
  const cutOff = await connections.close(drainTimeoutMs);
  if (cutOff > 0) logger.warn({ cutOff }, `requests cut off: not answered in ${drainTimeoutMs} ms`);
  for (const closeable of closeables) await closeOne(closeable, closeTimeoutMs, logger);
  adminServer.close();
  adminServer.closeAllConnections();
  logger.info('stopped');
  await flushed(logger, closeTimeoutMs);
}

async function closeOne(closeable: Closeable, closeTimeoutMs: number, logger: Logger): Promise<void> {
  const done = new AbortController();
  const late = wait(closeTimeoutMs, undefined, { signal: done.signal }).then(() => {
    throw new Error(`not closed in ${closeTimeoutMs} ms`);
  });
  try {
    await Promise.race([(async () => closeable.close())(), late]);
  } catch (error) {
    logger.error({ err: loggedError(error) }, 'cannot close what the service used');
  } finally {
    late.catch(() => {});
    done.abort();
  }
}

/** Waits until the lines of a log are written, at most `timeoutMs`: a destination of the user's own may never say that it is done. */
export async function flushed(logger: Logger, timeoutMs: number): Promise<void> {
  const done = new AbortController();
  const late = wait(timeoutMs, undefined, { signal: done.signal }).catch(() => {});
  await Promise.race([new Promise<void>((resolve) => logger.flush(() => resolve())), late]);
  done.abort();
}
