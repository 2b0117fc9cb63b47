import type { Contract } from '@parley/contract';
import type { HandlersWith } from '../middleware/extras.ts';
import type { Mounts } from '../middleware/mount-apps.ts';
import { ConfigError } from '../process/config-error.ts';
import { settingSources } from '../process/setting-sources.ts';
import { readSettings } from '../process/settings.ts';
import { type ServeAppOptions, type ServeOptions, serveForms } from '../serve-options.ts';
import { type Served, servedContract } from '../served.ts';
import { start } from '../server.ts';
import { capturedLog, type LogLine } from './captured-log.ts';

/** How a service is started in a test: what `serve` takes, without its logger. */
export type StartOptions<C extends Contract = Contract, Extras = unknown> = Omit<ServeOptions<C, Extras>, 'logger'>;

/** How applications without a contract are started in a test. */
export type StartAppOptions = Omit<ServeAppOptions, 'logger'>;

/** A service that runs in a test, on ports of its own. */
export interface StartedService extends AsyncDisposable {
  /** Where callers come in: `http://127.0.0.1:…`, `https:` with TLS. */
  readonly url: string;
  /** Where operators come in: `/livez`, `/readyz`. */
  readonly adminUrl: string;
  /** What it has logged so far. Nothing is printed. */
  readonly logs: readonly LogLine[];
  /** Drains and closes all. Requests in flight have 1 s, unless `settings.drainTimeoutMs` says otherwise. */
  stop(): Promise<void>;
}

const settings = {
  host: '127.0.0.1',
  adminHost: '127.0.0.1',
  port: 0,
  adminPort: 0,
  drainDelayMs: 0,
  drainTimeoutMs: 1000,
};

/**
 * Starts applications without a contract for a test.
 *
 * @throws ConfigError as `serve`
 */
export async function startService(mount: Mounts, options?: StartAppOptions): Promise<StartedService>;
/**
 * Starts a service for a test, as `serve` does: real sockets, on free ports of loopback. It heeds no signal, reads no
 * environment, and prints nothing.
 *
 * @example
 * await using service = await startService(hello, handlers); // Node 22: `const`, and `await service.stop()`
 * const response = await fetch(`${service.url}/api/hello`);
 * @throws ConfigError as `serve`
 */
export async function startService<C extends Contract, Extras = undefined>(
  contract: C,
  handlers: HandlersWith<C, NoInfer<Extras>>,
  options?: StartOptions<NoInfer<C>, Extras>,
): Promise<StartedService>;
export async function startService<C extends Contract>(
  ...served: Served<C, StartOptions<C>, StartAppOptions>
): Promise<StartedService> {
  const { contract, handlers, options } = servedContract(served, { caller: 'startService', ...serveForms });
  const overrides = { ...settings, ...options.settings };
  const all = readSettings({}, overrides);
  if (all.workers !== 1) {
    throw new ConfigError(
      `settings.workers must be 1 in a test, which runs the service in its own process, not ${all.workers}`,
    );
  }
  const { logger, lines } = capturedLog(contract.name, all.logLevel);
  const { port, adminPort, stop } = await start(
    contract,
    handlers,
    { settings: all, sources: settingSources({}, overrides) },
    { ...options, logger },
  );
  const scheme = options.tls || all.tlsCertFile ? 'https' : 'http';
  return {
    url: `${scheme}://${all.host}:${port}`,
    adminUrl: `http://${all.adminHost}:${adminPort}`,
    logs: lines,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
