import type { Contract } from '@parley/contract';
import type { Logger } from 'pino';
import { flushed } from './connections/drain.ts';
import { expectSharedAnswers, warnOfMemoryStore } from './idempotency/shared-answers.ts';
import type { HandlersWith } from './middleware/extras.ts';
import type { Mounts } from './middleware/mount-apps.ts';
import { createLogger } from './process/logger.ts';
import { settingSources } from './process/setting-sources.ts';
import { readSettings, type Settings, workerCount } from './process/settings.ts';
import { stopOnSignals } from './process/stop-on-signals.ts';
import { workerPlace } from './process/worker-place.ts';
import { type ServeAppOptions, type ServeOptions, serveForms } from './serve-options.ts';
import { type Served, servedContract } from './served.ts';
import { type OpenExports, type RunningService, start } from './server.ts';
import { openMetricsPush } from './telemetry/open-metrics-push.ts';
import { openTracing } from './telemetry/open-tracing.ts';
import type { ExportedService } from './telemetry/telemetry-package.ts';
import type { OwnWorker } from './workers/own-worker.ts';

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
  const worker = await ownWorker();
  if (!worker) await becomeSupervisorOfSeveral(contract, options, settings, logger);
  const { listeners = [], version = '1.0.0' } = options;
  const { tracing, openExports } = await exportsOf({ name: contract.name, version, logger }, settings, worker);
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

/** Puts a supervisor in the place of this process, where the settings ask for several workers. */
async function becomeSupervisorOfSeveral(
  contract: Contract,
  options: Pick<ServeOptions, 'idempotency'>,
  settings: Settings,
  logger: Logger,
): Promise<void> {
  const workers = workerCount(settings);
  if (workers <= 1) return;
  expectSharedAnswers(contract, options, workers);
  await flushed(logger, flushTimeoutMs);
  const { becomeSupervisor } = await import('./workers/become-supervisor.ts');
  await becomeSupervisor({ ...settings, name: contract.name, workers });
}

/** What goes to a collector, where the settings name one: spans from now on, metrics once the service has some. */
async function exportsOf(exported: ExportedService, settings: Settings, worker: OwnWorker | undefined) {
  const tracing = settings.isTraced ? await openTracing(exported) : undefined;
  const openExports: OpenExports = async (metrics) => {
    const push = settings.areMetricsPushed ? await openMetricsPush(exported, () => metrics.families()) : undefined;
    // Both at once: a collector that is down costs each of them 3 s.
    const close = async () => void (await Promise.all([push?.close(), tracing?.close()]));
    return { close: () => close().finally(() => worker?.leaveMetrics(metrics)) };
  };
  return { tracing, openExports };
}
