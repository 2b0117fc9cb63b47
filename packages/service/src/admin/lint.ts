import { type Contract, type OpenUpstream, ownMembers } from '@parley/contract';
import { standardOptions } from '../process/standard-options.ts';
import { isLoopback } from './loopback.ts';
import type { EffectiveOptions } from './service-options.ts';

/** What looks wrong in a running configuration. */
export interface Finding {
  /** The name of the rule, for programs. */
  readonly rule: string;
  /** What is wrong and what to do. */
  readonly sentence: string;
}

/** What is looked at. */
export interface Linted {
  readonly contract: Contract;
  readonly effective: EffectiveOptions;
  readonly upstreams: readonly OpenUpstream[];
}

/** The options that rules look at, as they are given to `serve`. */
interface GivenOptions {
  readonly tls?: object;
  readonly requestTimeoutMs?: number;
  readonly operations?: Readonly<Record<string, { readonly requestTimeoutMs?: number } | undefined>>;
  readonly idempotency?: { readonly store?: object };
}

type Rule = (linted: Linted) => readonly string[];

/** Says what looks wrong, for sure: what depends on something outside of the process is no finding. */
export function lint(linted: Linted): readonly Finding[] {
  return Object.entries(rules).flatMap(([rule, look]) => look(linted).map((sentence) => ({ rule, sentence })));
}

/** Each rule by its name. */
export const rules: Readonly<Record<string, Rule>> = {
  'cleartext-callers': ({ effective }) => {
    const { settings } = effective;
    if (isLoopback(settings.host) || settings.tlsCertFile || given(effective).tls) return [];
    return [
      `Callers reach the service in cleartext on ${settings.host}: set TLS_CERT_FILE and TLS_KEY_FILE, or keep the port in a network of your own`,
    ];
  },

  'cleartext-admin-token': ({ effective: { settings } }) => {
    if (isLoopback(settings.adminHost) || !(settings.adminReadToken || settings.adminActToken)) return [];
    return [
      `Admin tokens travel in cleartext on ${settings.adminHost}: set ADMIN_HOST=127.0.0.1, or keep the port in a network of your own`,
    ];
  },

  'one-admin-token': ({ effective: { settings } }) => {
    const { adminReadToken, adminActToken } = settings;
    if (adminReadToken === undefined || adminReadToken !== adminActToken) return [];
    return ['ADMIN_READ_TOKEN and ADMIN_ACT_TOKEN are the same, so that readers may act: set different tokens'];
  },

  'keyed-in-memory': ({ contract, effective }) => {
    const { operations } = contract;
    const keyed = Object.keys(operations).filter((name) => operations[name]?.safety === 'keyed');
    if (keyed.length === 0 || given(effective).idempotency?.store) return [];
    return [
      `Keyed operations (${keyed.join(', ')}) take effect once per process only: give idempotency.store a shared store, or memoryStore() where there is one replica`,
    ];
  },

  'drain-cuts-off': ({ effective }) => {
    const { drainTimeoutMs } = effective.settings;
    const longestMs = longestRequestMs(effective);
    if (longestMs <= drainTimeoutMs) return [];
    return [
      `A request may take ${longestMs} ms, and a draining service waits ${drainTimeoutMs} ms: raise DRAIN_TIMEOUT_MS to ${longestMs}, or requests are cut off`,
    ];
  },

  'call-outlives-request': ({ effective, upstreams }) => {
    const longestMs = longestRequestMs(effective);
    return upstreams.flatMap((upstream) => {
      const callTimeoutMs = numberOf(upstream, 'callTimeoutMs');
      if (callTimeoutMs === undefined || callTimeoutMs <= longestMs) return [];
      return [
        `Calls to ${upstream.name} have ${callTimeoutMs} ms (callTimeoutMs), but the request that makes one ends after ${longestMs} ms: lower callTimeoutMs or raise requestTimeoutMs`,
      ];
    });
  },

  'no-retries': ({ upstreams }) =>
    upstreams.flatMap((upstream) => {
      const { length } = upstream.status().endpoints;
      if (length < 2 || numberOf(upstream, 'maxAttempts') !== 1) return [];
      return [
        `${upstream.name} has ${length} endpoints and maxAttempts is 1: a call that fails never tries another endpoint`,
      ];
    }),

  'all-forced-open': ({ upstreams }) =>
    upstreams.flatMap((upstream) => {
      const { endpoints } = upstream.status();
      if (endpoints.length === 0 || endpoints.some(({ circuit }) => circuit !== 'forced-open')) return [];
      return [`Every endpoint of ${upstream.name} is forced open, so that each call fails: set a circuit to auto`];
    }),

  'same-name': ({ upstreams }) => {
    const names = upstreams.map(({ name }) => name);
    const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
    return [...twice].map(
      (name) =>
        `Several upstreams are named ${name}: operators can act on the first one only. Share one, or name each differently`,
    );
  },
};

function given({ options }: EffectiveOptions): GivenOptions {
  return ownMembers(options) as GivenOptions;
}

/** The longest time in ms that a request of the service may take. */
function longestRequestMs(effective: EffectiveOptions): number {
  const { requestTimeoutMs = standardOptions.requestTimeoutMs, operations = {} } = given(effective);
  const own = Object.values(operations).map((options) => options?.requestTimeoutMs ?? 0);
  return Math.max(requestTimeoutMs, ...own);
}

function numberOf(upstream: OpenUpstream, name: string): number | undefined {
  const value = upstream.shownOptions?.().find((option) => option.name === name)?.value;
  return typeof value === 'number' ? value : undefined;
}
