import { availableParallelism } from 'node:os';
import { isMetricsPushAsked, isTraceExportAsked, ownMembers, withoutSecrets } from '@parley/contract';
import { networkIn, proxyForms } from '../addresses/trusted-proxies.ts';
import { longestTimerMs } from '../options/timer.ts';
import { ConfigError } from './config-error.ts';
import { type LogLevel, logLevels } from './log-levels.ts';

/** Settings of a service for its operators, by environment variable or in code. */
export interface Settings {
  /** Address to listen on. `HOST`, default `0.0.0.0`. */
  readonly host: string;
  /** Port for callers. `PORT`, default 3000; 0 takes any free one. */
  readonly port: number;
  /**
   * How many connections the kernel holds until the process accepts them; 0 is Node's 511. The kernel drops what exceeds it,
   * and those clients try again after 1 s. It is bounded by `net.core.somaxconn`. `ACCEPT_BACKLOG`, default 4096.
   */
  readonly acceptBacklog: number;
  /**
   * Processes that share the port; `auto` is one for each core that the process may use, at most 64. `WORKERS`, default 1: the service
   * is one process.
   */
  readonly workers: number | 'auto';
  /** Address that the operators' port listens on. `ADMIN_HOST`, default the same as `HOST`. */
  readonly adminHost: string;
  /** Port for operators, which the gateway never routes to. `ADMIN_PORT`, default 9000; 0 takes any free one. */
  readonly adminPort: number;
  /** Token with which operators may read the admin API. `ADMIN_READ_TOKEN`, default none: it can be read without one where the operators' port is on loopback, and not at all elsewhere. */
  readonly adminReadToken?: string | undefined;
  /** Token with which operators may read and act. `ADMIN_ACT_TOKEN`, default none: nobody may act. */
  readonly adminActToken?: string | undefined;
  /** The quietest level that is logged. `LOG_LEVEL`, default `info`. */
  readonly logLevel: LogLevel;
  /** How long a draining service still accepts, so that balancers see it is not ready. `DRAIN_DELAY_MS`, default 2000. */
  readonly drainDelayMs: number;
  /** How long requests in flight may take after that. `DRAIN_TIMEOUT_MS`, default 10000. */
  readonly drainTimeoutMs: number;
  /** Addresses and networks of the proxies in front, with commas between them: forwarded addresses count from these alone. `TRUSTED_PROXIES`, default none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** PEM file with the certificate for callers: with it and a key the service speaks TLS. `TLS_CERT_FILE`, default none. */
  readonly tlsCertFile?: string | undefined;
  /** PEM file with the private key. `TLS_KEY_FILE`, default none. */
  readonly tlsKeyFile?: string | undefined;
  /** PEM file with the CAs of callers. With it callers must have a certificate: mutual TLS. `TLS_CA_FILE`, default none. */
  readonly tlsCaFile?: string | undefined;
  /** Issuer of the tokens that callers send: their claim `iss`. `TOKEN_ISSUER`, default none. */
  readonly tokenIssuer?: string | undefined;
  /** Address of its public keys (a JWK Set). `TOKEN_JWKS_URL`, default none. */
  readonly tokenJwksUrl?: string | undefined;
  /** File with its public keys, instead of the address. `TOKEN_JWKS_FILE`, default none. */
  readonly tokenJwksFile?: string | undefined;
  /** Whom tokens must be for: their claim `aud`. `TOKEN_AUDIENCE`, default the contract's name. */
  readonly tokenAudience?: string | undefined;
  /**
   * Whether spans are exported, by `@parley/telemetry`. `OTEL_EXPORTER_OTLP_ENDPOINT`, default no: yes where it or
   * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set, unless `OTEL_SDK_DISABLED` or `OTEL_TRACES_EXPORTER` says otherwise.
   */
  readonly isTraced?: boolean | undefined;
  /**
   * Whether metrics are pushed, by `@parley/telemetry`. `OTEL_EXPORTER_OTLP_ENDPOINT`, default no: yes where it or
   * `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` is set, unless `OTEL_SDK_DISABLED` or `OTEL_METRICS_EXPORTER` says otherwise.
   */
  readonly areMetricsPushed?: boolean | undefined;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const highestPort = 65_535;
// What the kernel's `somaxconn` may be.
const highestBacklog = 65_535;
const mostWorkers = 64;

/**
 * Reads the settings from the environment; what `overrides` has is taken from there instead. A variable
 * that is empty counts as not set.
 *
 * @throws ConfigError that names every wrong variable
 */
export function readSettings(given: Environment = process.env, overrides: Partial<Settings> = {}): Settings {
  const env = ownMembers(given);
  const faults: string[] = [];
  const whole = (name: string, highest: number, standard: number) => {
    const text = env[name];
    if (!text) return standard;
    if (/^\d{1,10}$/.test(text) && Number(text) <= highest) return Number(text);
    faults.push(`${name} must be a whole number from 0 to ${highest}, not ${shown(text)}`);
    return standard;
  };
  const text = (name: string) => env[name] || undefined;
  const file = text;
  const fromEnvironment: Settings = {
    host: env.HOST || '0.0.0.0',
    adminHost: env.ADMIN_HOST || ownMembers(overrides).host || env.HOST || '0.0.0.0',
    port: whole('PORT', highestPort, 3000),
    adminPort: whole('ADMIN_PORT', highestPort, 9000),
    acceptBacklog: whole('ACCEPT_BACKLOG', highestBacklog, 4096),
    workers: workersIn(env.WORKERS || '1'),
    adminReadToken: tokenIn('ADMIN_READ_TOKEN', env, faults),
    adminActToken: tokenIn('ADMIN_ACT_TOKEN', env, faults),
    logLevel: levelOf(env.LOG_LEVEL || 'info', faults),
    drainDelayMs: whole('DRAIN_DELAY_MS', longestTimerMs, 2000),
    drainTimeoutMs: whole('DRAIN_TIMEOUT_MS', longestTimerMs, 10_000),
    trustedProxies: proxiesIn(text('TRUSTED_PROXIES'), faults),
    tlsCertFile: file('TLS_CERT_FILE'),
    tlsKeyFile: file('TLS_KEY_FILE'),
    tlsCaFile: file('TLS_CA_FILE'),
    tokenIssuer: text('TOKEN_ISSUER'),
    tokenJwksUrl: text('TOKEN_JWKS_URL'),
    tokenJwksFile: file('TOKEN_JWKS_FILE'),
    tokenAudience: text('TOKEN_AUDIENCE'),
    isTraced: isTraceExportAsked(env) || undefined,
    areMetricsPushed: isMetricsPushAsked(env) || undefined,
  };
  const settings = { ...fromEnvironment, ...overrides };
  faults.push(...workersFaults(settings, env.WORKERS), ...tlsFaults(settings), ...tokenFaults(settings));
  if (faults.length > 0) throw new ConfigError(`${faults.join('; ')}: correct it in the environment, or leave it out`);
  return settings;
}

/** A value as it may be printed: it may be another variable's, and hold a secret. */
function shown(text: string): string {
  return JSON.stringify(withoutSecrets(text).slice(0, 100));
}

function proxiesIn(list: string | undefined, faults: string[]): readonly string[] | undefined {
  if (!list) return undefined;
  const proxies = list.split(',').map((text) => text.trim());
  const wrong = proxies.find((text) => !networkIn(text));
  if (wrong !== undefined) faults.push(`TRUSTED_PROXIES must hold ${proxyForms}, with commas, not ${shown(wrong)}`);
  return proxies;
}

function workersIn(text: string): Settings['workers'] {
  return text === 'auto' ? text : /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
}

function workersFaults({ workers }: Settings, text: string | undefined): string[] {
  if (workers === 'auto' || (Number.isInteger(workers) && workers >= 1 && workers <= mostWorkers)) return [];
  const given = Number.isNaN(workers) && text ? shown(text) : String(workers);
  return [`WORKERS must be auto or a whole number from 1 to ${mostWorkers}, not ${given}`];
}

/** How many processes share the port. */
export function workerCount({ workers }: Pick<Settings, 'workers'>): number {
  // Knows the cores that a container or `taskset` leaves to the process.
  return workers === 'auto' ? Math.min(availableParallelism(), mostWorkers) : workers;
}

/** Shorter ones can be guessed. */
const shortestToken = 16;

function tokenIn(name: string, env: Environment, faults: string[]): string | undefined {
  const token = env[name] || undefined;
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) faults.push(`${name} must be visible ASCII without spaces`);
  else if (token !== undefined && token.length < shortestToken) {
    faults.push(`${name} must have ${shortestToken} characters or more, not ${token.length}`);
  }
  return token;
}

function levelOf(text: string, faults: string[]): LogLevel {
  const level = logLevels.find((one) => one === text);
  if (!level) faults.push(`LOG_LEVEL must be one of ${logLevels.join(', ')}, not ${shown(text)}`);
  return level ?? 'info';
}

// A partial setting must not fall back to cleartext: an operator that set a CA expects that callers are checked.
function tlsFaults({ tlsCertFile, tlsKeyFile, tlsCaFile }: Settings): string[] {
  if (tlsCertFile && tlsKeyFile) return [];
  if (tlsCertFile) return ['TLS_CERT_FILE is set but TLS_KEY_FILE is not: TLS needs both'];
  if (tlsKeyFile) return ['TLS_KEY_FILE is set but TLS_CERT_FILE is not: TLS needs both'];
  return tlsCaFile ? ['TLS_CA_FILE is set but TLS_CERT_FILE and TLS_KEY_FILE are not: TLS needs them'] : [];
}

// A partial setting must neither refuse every caller nor be ignored.
function tokenFaults({ tokenIssuer, tokenJwksUrl, tokenJwksFile, tokenAudience }: Settings): string[] {
  const needing = tokenJwksUrl
    ? 'TOKEN_JWKS_URL'
    : tokenJwksFile
      ? 'TOKEN_JWKS_FILE'
      : tokenAudience && 'TOKEN_AUDIENCE';
  if (!tokenIssuer) return needing ? [`${needing} is set but TOKEN_ISSUER is not: tokens need both`] : [];
  if (tokenJwksUrl && tokenJwksFile) return ['TOKEN_JWKS_URL and TOKEN_JWKS_FILE are both set: keep one'];
  if (tokenJwksFile) return [];
  if (!tokenJwksUrl) return ['TOKEN_ISSUER is set but TOKEN_JWKS_URL is not: tokens need both'];
  const url = URL.canParse(tokenJwksUrl) ? new URL(tokenJwksUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    return [`TOKEN_JWKS_URL must be an http(s) address, not ${shown(tokenJwksUrl)}`];
  }
  const isPlain = !url.username && !url.password;
  return isPlain ? [] : [`TOKEN_JWKS_URL must have no user and no password, unlike ${shown(tokenJwksUrl)}`];
}
