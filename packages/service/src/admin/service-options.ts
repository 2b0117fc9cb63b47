import { type OptionSource, ownMember, type ShownOption, shownValue } from '@parley/contract';
import { type SettingSources, settingNames, settingVariables } from '../process/setting-sources.ts';
import type { Settings } from '../process/settings.ts';
import { standardOptions } from '../process/standard-options.ts';

/** What a service runs with. */
export interface EffectiveOptions {
  readonly settings: Settings;
  readonly sources: SettingSources;
  /** What was given to `serve`. */
  readonly options: object;
  /** Limits of the HTTP server, by Node's names. */
  readonly limits: Readonly<Record<string, number>>;
}

/** An option of a service, with the variable that sets it. */
export interface ShownServiceOption extends ShownOption {
  readonly variable?: string | undefined;
}

/** Settings that are never shown. */
const secrets: ReadonlySet<keyof Settings> = new Set(['adminReadToken', 'adminActToken']);

/** Options that are code or may hold a secret: only whether they are set. */
const opaque = [
  ...['tls', 'tokens', 'authenticate', 'cors', 'errors', 'extras', 'idempotency', 'middleware', 'mount'],
  ...['listeners', 'closeables', 'logger'],
];

/** The options of a running service: settings, options in code, limits of the HTTP server. */
export function serviceOptions({
  settings,
  sources,
  options,
  limits,
}: EffectiveOptions): readonly ShownServiceOption[] {
  return [
    ...settingRows(settings, sources, options),
    ...Object.entries(standardOptions).map(([name, standard]) => optionRow(name, ownOf(options, name), standard)),
    ...operationRows(ownOf(options, 'operations')),
    ...opaque.map((name) => optionRow(name, ownOf(options, name) && {}, undefined)),
    ...Object.entries(limits).map(([name, value]) => row(name, value, 'default')),
  ];
}

function settingRows(settings: Settings, sources: SettingSources, options: object): ShownServiceOption[] {
  return settingNames.map((name) => {
    // The only one that is an option of the app too.
    const own = name === 'trustedProxies' ? ownOf(options, name) : undefined;
    const value = own ?? settings[name];
    const shown = secrets.has(name) ? value && {} : Array.isArray(value) ? value.join(', ') : value;
    const { value: safe, ...rest } = row(name, shown, own === undefined ? sources[name] : 'code');
    // Networks are no addresses of ours: nothing in them is secret, and a colon in one begins no password.
    return {
      ...rest,
      value: name === 'trustedProxies' ? String(shown ?? safe) : safe,
      variable: settingVariables[name],
    };
  });
}

function operationRows(operations: unknown): ShownServiceOption[] {
  return Object.entries(operations ?? {}).flatMap(([operation, own]) =>
    Object.entries(own ?? {}).map(([name, value]) => row(`operations.${operation}.${name}`, value, 'code')),
  );
}

function optionRow(name: string, given: unknown, standard: unknown): ShownServiceOption {
  return row(name, given ?? standard, given === undefined ? 'default' : 'code');
}

function row(name: string, value: unknown, source: OptionSource): ShownServiceOption {
  return { name, value: shownValue(value), source, unit: unitOf(name) };
}

const milliseconds: ReadonlySet<string> = new Set([
  'keepAliveTimeout',
  'headersTimeout',
  'requestTimeout',
  'connectionsCheckingInterval',
]);

function unitOf(name: string): string | undefined {
  if (name.endsWith('Ms') || milliseconds.has(name)) return 'ms';
  return /bytes|^maxHeaderSize$/i.test(name) ? 'bytes' : undefined;
}

function ownOf(options: object, name: string): unknown {
  return ownMember(options as Readonly<Record<string, unknown>>, name);
}
