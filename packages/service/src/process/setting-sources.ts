import { type OptionSource, ownMembers } from '@parley/contract';
import type { Environment, Settings } from './settings.ts';

/** The environment variable of each setting. */
export const settingVariables: Readonly<Record<keyof Settings, string>> = {
  host: 'HOST',
  port: 'PORT',
  acceptBacklog: 'ACCEPT_BACKLOG',
  workers: 'WORKERS',
  adminHost: 'ADMIN_HOST',
  adminPort: 'ADMIN_PORT',
  adminReadToken: 'ADMIN_READ_TOKEN',
  adminActToken: 'ADMIN_ACT_TOKEN',
  logLevel: 'LOG_LEVEL',
  drainDelayMs: 'DRAIN_DELAY_MS',
  drainTimeoutMs: 'DRAIN_TIMEOUT_MS',
  trustedProxies: 'TRUSTED_PROXIES',
  tlsCertFile: 'TLS_CERT_FILE',
  tlsKeyFile: 'TLS_KEY_FILE',
  tlsCaFile: 'TLS_CA_FILE',
  tokenIssuer: 'TOKEN_ISSUER',
  tokenJwksUrl: 'TOKEN_JWKS_URL',
  tokenJwksFile: 'TOKEN_JWKS_FILE',
  tokenAudience: 'TOKEN_AUDIENCE',
  isTraced: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  areMetricsPushed: 'OTEL_EXPORTER_OTLP_ENDPOINT',
};

/** The names of all settings. */
export const settingNames = Object.keys(settingVariables) as (keyof Settings)[];

/** Where the value of each setting comes from. */
export type SettingSources = Readonly<Record<keyof Settings, OptionSource>>;

/** Says where each setting comes from that `readSettings` reads from the same environment and overrides. */
export function settingSources(env: Environment = process.env, overrides: Partial<Settings> = {}): SettingSources {
  const [variables, given] = [ownMembers(env), ownMembers(overrides)];
  const sourceOf = (name: keyof Settings): OptionSource => {
    if (Object.hasOwn(given, name)) return 'code';
    if (variables[settingVariables[name]]) return 'environment';
    return name === 'adminHost' ? sourceOf('host') : 'default'; // which it follows
  };
  return Object.fromEntries(settingNames.map((name) => [name, sourceOf(name)])) as SettingSources;
}
