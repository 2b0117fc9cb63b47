import { createServer, type RequestListener, type Server } from 'node:http';
import { type Contract, type Handlers, ownMembers } from '@parley/contract';
import type { Logger } from 'pino';
import { Administration } from './admin/administration.ts';
import type { EffectiveOptions } from './admin/service-options.ts';
import { appOf } from './app.ts';
import { type AppOptions, appForms, type MountedAppOptions, mountedAppForms } from './app-options.ts';
import { BrokenSessionLog } from './connections/broken-session-log.ts';
import { type Closeable, drain, flushed } from './connections/drain.ts';
import { createDualProtocolServer } from './connections/dual-protocol-server.ts';
import { listen } from './connections/listen.ts';
import { answerMalformedRequests } from './connections/malformed-requests.ts';
import { serverLimits as limits } from './connections/server-limits.ts';
import type { FloodLimits } from './connections/session-floods.ts';
import { trackDualProtocolServer } from './connections/track-dual-protocol-server.ts';
import { type UnreadLimits, UnreadReplies } from './connections/unread-replies.ts';
import { isMemoryStore } from './idempotency/memory-store.ts';
import { ServiceMetrics } from './metrics/service-metrics.ts';
import type { HandlersWith } from './middleware/extras.ts';
import type { Mounts } from './middleware/mount-apps.ts';
import { anyForm, type OptionForms, objectForm, objectsForm } from './options/option-form.ts';
import { ConfigError } from './process/config-error.ts';
import { createLogger } from './process/logger.ts';
import { settingNames, settingSources } from './process/setting-sources.ts';
import { readSettings, type Settings, workerCount } from './process/settings.ts';
import { stopOnSignals } from './process/stop-on-signals.ts';
import { workerPlace } from './process/worker-place.ts';
import { type Served, servedContract } from './served.ts';
import { openMetricsPush } from './telemetry/open-metrics-push.ts';
import { openTracing } from './telemetry/open-tracing.ts';
import { type CertificateFollower, followCertificate } from './tls/follow-certificate.ts';
import { openSecureContext, type TlsOptions } from './tls/secure-context.ts';
import { tlsFromSettings } from './tls/tls-from-settings.ts';
import { tokensFromSettings } from './tokens/tokens-from-settings.ts';
import type { OwnWorker } from './workers/own-worker.ts';

/** How a service is run. */
export interface ServeOptions<C extends Contract = Contract, Extras = unknown>
  extends AppOptions<C, Extras>,
    UnreadLimits,
    FloodLimits {
  /** Closed after the last request, in order: upstreams, a database. Default: nothing. */
  readonly closeables?: readonly Closeable[];
  /** TLS for callers: HTTP/2 or HTTP/1.1, as they wish. Default: by `TLS_CERT_FILE`, `TLS_KEY_FILE` and `TLS_CA_FILE`; cleartext without. */
  readonly tls?: TlsOptions;
  /** Settings that the environment cannot change. Default: none. */
  readonly settings?: Partial<Settings>;
}

/** How applications are run that have no contract. */
export interface ServeAppOptions extends MountedAppOptions, Omit<ServeOptions, keyof AppOptions> {}

const ofServe: OptionForms<Omit<ServeOptions, keyof AppOptions>> = {
  closeables: objectsForm('[pool], each with a method close', 'close'),
  tls: objectForm("{ cert: { file: 'a.crt' }, key: { file: 'a.key' } }", { members: ['cert', 'key', 'ca'] }),
  settings: objectForm('{ port: 3000 }', { members: settingNames }),
  writeTimeoutMs: anyForm,
  maxUnreadBytesPerConnection: anyForm,
  maxUnreadBytes: anyForm,
  maxEarlyResets: anyForm,
  maxControlFrames: anyForm,
};

/** Forms of {@link ServeOptions} and {@link ServeAppOptions}. */
export const serveForms = { contract: { ...appForms, ...ofServe }, mounted: { ...mountedAppForms, ...ofServe } };

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

/**
 * Serves applications as they are, without a contract: as one line instead of `app.listen`.
 *
 * @throws ConfigError where a setting is wrong or a port cannot be had
 * @throws TypeError as {@link createApp}
 */
export async function serve(mount: Mounts, options?: ServeAppOptions): Promise<RunningService>;
/**
 * Serves a contract: reads the settings, listens on a port for callers and one for operators, and drains
 * at SIGTERM and SIGINT. Answers once both ports accept.
 *
 * @throws ConfigError where a setting is wrong or a port cannot be had
 * @throws TypeError as {@link createApp}
 */
export async function serve<C extends Contract, Extras = undefined>(
  contract: C,
  handlers: HandlersWith<C, NoInfer<Extras>>,
  options?: ServeOptions<NoInfer<C>, Extras>,
): Promise<RunningService>;
export async function serve<C extends Contract>(
  ...served: Served<C, ServeOptions<C>, ServeAppOptions>
): Promise<RunningService> {
  const { contract, handlers, options } = servedContract(served, { caller: 'serve', ...serveForms });
  const settings = readSettings(process.env, options.settings);
  const sources = settingSources(process.env, options.settings);
  const { logger = createLogger(contract.name, { level: settings.logLevel }) } = options;
  const { listeners = [], version = '1.0.0' } = options;
  const worker = await ownWorker();
  const workers = workerCount(settings);
  if (!worker && workers > 1) {
    expectSharedAnswers(contract, options, workers);
    await flushed(logger, flushTimeoutMs);
    const { becomeSupervisor } = await import('./workers/supervision.ts');
    becomeSupervisor({ ...settings, name: contract.name, workers });
  }
  const exported = { name: contract.name, version, logger };
  const tracing = settings.isTraced ? await openTracing(exported) : undefined;
  const openExports: OpenExports = async (metrics) => {
    const push = settings.areMetricsPushed ? await openMetricsPush(exported, () => metrics.families()) : undefined;
    // Both at once: a collector that is down costs each of them 3 s.
    const close = async () => void (await Promise.all([push?.close(), tracing?.close()]));
    return { close: () => close().finally(() => worker?.leaveMetrics(metrics)) };
  };
  const traced = tracing && { listeners: [...listeners, tracing.listener] };
  const {
    port,
    adminPort,
    stop: drained,
  } = await start(contract, handlers, { settings, sources, openExports, worker }, { ...options, logger, ...traced });
  const stop = (): Promise<void> => drained().finally(ignoreSignals);
  const ignoreSignals = worker ? worker.stopWhenAsked(drained, logger) : stopOnSignals(stop, logger);
  if (!worker) warnOfMemoryStore(contract, options, logger);
  // After the signal handlers are there: a reader of this line may send a signal at once.
  logger.info({ port, adminPort }, 'listening');
  worker?.ready();
  return { port, adminPort, stop: worker ? () => worker.stopService(stop) : stop };
}

/** Time in ms for log lines that were written before. */
const flushTimeoutMs = 1000;

/** This process as a worker, where it is one. A service of one process does not load the code of it. */
async function ownWorker(): Promise<OwnWorker | undefined> {
  const place = workerPlace();
  return place && new (await import('./workers/own-worker.ts')).OwnWorker(place);
}

/** Opens what goes to a collector; it is closed last. */
type OpenExports = (metrics: ServiceMetrics) => Promise<Closeable>;

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
  const adminServer = createAdminServer(administration.listener);

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

// A process cannot know whether it has siblings: a store that is given says that somebody has thought of it.
function warnOfMemoryStore({ operations }: Contract, { idempotency }: AppOptions, logger: Logger): void {
  const keyed = keyedOperations(operations);
  if (keyed.length === 0 || idempotency?.store) return;
  logger.warn(
    { operations: keyed },
    'keyed operations are carried out once per process only: give idempotency.store a shared store, or memoryStore() where there is one replica',
  );
}

// Workers are siblings for sure: with a memory each, an operation would take effect once per worker.
function expectSharedAnswers({ operations }: Contract, { idempotency }: AppOptions, workers: number): void {
  const keyed = keyedOperations(operations);
  const { store } = ownMembers(idempotency ?? {});
  if (keyed.length === 0 || (store && !isMemoryStore(store))) return;
  throw new ConfigError(
    `WORKERS is ${workers}, and keyed operations (${keyed.join(', ')}) would take effect once per worker: give idempotency.store a store that workers share, such as sqliteStore('answers.sqlite'), or set WORKERS=1`,
  );
}

function keyedOperations(operations: Contract['operations']): readonly string[] {
  return Object.keys(operations).filter((name) => operations[name]?.safety === 'keyed');
}

function createCallersServer(
  app: ReturnType<typeof appOf>,
  tls: ReturnType<typeof openSecureContext> | undefined,
  options: Parameters<typeof createDualProtocolServer>[1]['floods'] & { readonly logger: Logger },
) {
  const { logger } = options;
  const brokenSessions = new BrokenSessionLog(logger);
  const dualServer = createDualProtocolServer(app, {
    limits,
    tls,
    floods: options,
    onSessionError: (error, peer) => brokenSessions.note(error, peer),
  });
  const connections = trackDualProtocolServer(dualServer);
  const unread = new UnreadReplies(dualServer, {
    ...options,
    replies: connections.replies,
    onCut: (cutOff, reason) => logger.warn({ cutOff }, `replies cut off: ${reason}`),
  });
  return { dualServer, connections, unread };
}

function createAdminServer(app: RequestListener): Server {
  const server = createServer(ownMembers(limits), app);
  answerMalformedRequests(server);
  return server;
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
