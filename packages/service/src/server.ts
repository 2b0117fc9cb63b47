import type { Server } from 'node:http';
import { type Contract, type Handlers, ownMembers } from '@parley/contract';
import type { Logger } from 'pino';
import { Administration } from './admin/administration.ts';
import type { EffectiveOptions } from './admin/service-options.ts';
import { appOf } from './app.ts';
import { createAdminServer } from './connections/admin-server.ts';
import { BrokenSessionLog } from './connections/broken-session-log.ts';
import { type Closeable, drain } from './connections/drain.ts';
import { createDualProtocolServer } from './connections/dual-protocol-server.ts';
import { listen } from './connections/listen.ts';
import { maxPipelined } from './connections/pipelined-requests.ts';
import { RefusedHandshakeLog } from './connections/refused-handshake-log.ts';
import { serverLimits as limits } from './connections/server-limits.ts';
import { trackDualProtocolServer } from './connections/track-dual-protocol-server.ts';
import { UnreadReplies } from './connections/unread-replies.ts';
import { ServiceMetrics } from './metrics/service-metrics.ts';
import { OccasionalWarning } from './process/occasional-warning.ts';
import type { Settings } from './process/settings.ts';
import type { ServeOptions } from './serve-options.ts';
import { type CertificateFollower, followCertificate } from './tls/follow-certificate.ts';
import { openSecureContext } from './tls/secure-context.ts';
import { tlsFromSettings } from './tls/tls-from-settings.ts';
import { tokensFromSettings } from './tokens/tokens-from-settings.ts';
import type { OwnWorker } from './workers/own-worker.ts';

/** A service that accepts requests. */
export interface RunningService {
  /** Where callers come in: the port that was taken, if 0 was asked for. */
  readonly port: number;
  readonly adminPort: number;
  /**
   * Drains as SIGTERM does, but leaves the process alone. Answers once all is closed. With several workers it stops all of them, and their processes end.
   */
  stop(): Promise<void>;
}

/** Opens what goes to a collector; it is closed last. */
export type OpenExports = (metrics: ServiceMetrics) => Promise<Closeable>;

/** The settings of a service, and where each comes from. */
export interface Configuration extends Pick<EffectiveOptions, 'settings' | 'sources'> {
  /** Exports the metrics of the service. Default: nothing does. */
  readonly openExports?: OpenExports | undefined;
  /** The process as one of several workers. Default: it serves alone. */
  readonly worker?: OwnWorker | undefined;
}

/**
 * Serves a contract by settings that are given, and leaves the process' signals and environment alone.
 *
 * @throws ConfigError where a port cannot be had or a certificate cannot be used
 */
export async function start<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  { settings, sources, openExports, worker }: Configuration,
  given: ServeOptions<NoInfer<C>> & { readonly logger: Logger },
): Promise<RunningService> {
  const options = ownMembers(given);
  const { logger, closeables = [] } = options;
  const stopping = new AbortController();
  const tlsOptions = options.tls ?? tlsFromSettings(settings);
  const isDraining = () => connections.isClosing;
  const { version = '1.0.0' } = options;
  let certificate: CertificateFollower | undefined;
  const certificatePem = () => certificate?.pem;
  const metrics = new ServiceMetrics({ contract, version, isDraining, certificatePem });
  const administration = new Administration({
    ...{ contract, version, metrics, isDraining, drain: () => (worker ? worker.askToStop() : void stop()), logger },
    ...{ settings, sources, options: given, limits },
    ...{ app: () => app, clientCertificates: tlsOptions?.ca !== undefined, errors: options.errors },
  });
  const app = appOf(contract, handlers, {
    ...options,
    logger,
    listeners: [metrics.listener, ...administration.listeners, ...(options.listeners ?? [])],
    operations: administration.operations(options.operations),
    stopping: stopping.signal,
    trustedProxies: options.trustedProxies ?? settings.trustedProxies ?? [],
    tokens: options.tokens ?? tokensFromSettings(settings),
    clientCertificates: tlsOptions?.ca !== undefined,
  });
  const tls = tlsOptions && openSecureContext(tlsOptions);
  const { dualServer, connections, unread } = createCallersServer(app, tls, { ...options, logger });
  // The supervisor bounds the connections of operators, and has one of its own for each of their requests.
  const adminServer = createAdminServer(administration.listener, {
    logger,
    ...(worker && { maxConnections: Number.POSITIVE_INFINITY }),
  });

  const { server, secure } = dualServer;
  const exports = await openExports?.(metrics);
  const { port, adminPort } = await listenOnBoth(server, adminServer, settings, worker);
  if (tls && secure) certificate = followCertificate(secure, tls, { logger });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    if (stopped) return stopped;
    administration.draining();
    stopped = drain({
      ...settings,
      connections,
      stopping,
      adminServer,
      // What is exported comes last: closing makes calls and metrics too.
      closeables: [
        ...[unread, administration, ...(certificate ? [certificate] : []), ...closeables],
        ...[...(exports ? [exports] : []), metrics],
      ],
      logger,
    });
    return stopped;
  };
  return { port, adminPort, stop };
}

function createCallersServer(
  app: ReturnType<typeof appOf>,
  tls: ReturnType<typeof openSecureContext> | undefined,
  options: Parameters<typeof createDualProtocolServer>[1]['floods'] & { readonly logger: Logger },
) {
  const { logger } = options;
  const brokenSessions = new BrokenSessionLog(logger);
  const pipelined = new OccasionalWarning(
    logger,
    `closed connections on which ${maxPipelined} requests waited for their replies; this is the last of them`,
  );
  const dualServer = createDualProtocolServer(app, {
    limits,
    tls,
    floods: options,
    onSessionError: (error, peer) => brokenSessions.note(error, peer),
    onPipelined: (peer) => pipelined.note((connections) => ({ connections, peer })),
  });
  if (dualServer.secure) new RefusedHandshakeLog(logger).watch(dualServer.secure);
  const connections = trackDualProtocolServer(dualServer);
  const unread = new UnreadReplies(dualServer, {
    ...options,
    replies: connections.replies,
    onCut: (cutOff, reason) => logger.warn({ cutOff }, `replies cut off: ${reason}`),
  });
  return { dualServer, connections, unread };
}

// The operators' port comes second: it can say "ready" only when callers are accepted.
async function listenOnBoth(server: Server, adminServer: Server, settings: Settings, worker: OwnWorker | undefined) {
  const { host, port, adminHost, adminPort, acceptBacklog: backlog } = settings;
  const taken = await listen(server, { host, port, backlog, variable: 'PORT' });
  try {
    const admin = { host: adminHost, port: adminPort, variable: 'ADMIN_PORT' };
    const listening = worker ? worker.listenForOperators(adminServer) : listen(adminServer, admin);
    return { port: taken, adminPort: await listening };
  } catch (error) {
    server.close();
    throw error;
  }
}
