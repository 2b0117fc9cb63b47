import { hostname } from 'node:os';
import type { ActiveProbeOptions } from '../endpoint/active-probe.ts';
import type { SlowStartOptions } from '../endpoint/slow-start.ts';
import type { EjectionLimitOptions } from './ejection-limit.ts';
import type { SubsetOptions } from './subset.ts';
import type { ZoneOptions } from './zone.ts';

/** How attempts are spread over endpoints, and how many of these may be left out. */
export interface BalancingOptions
  extends SlowStartOptions,
    ZoneOptions,
    SubsetOptions,
    EjectionLimitOptions,
    Omit<ActiveProbeOptions, 'clock' | 'callTimeoutMs'> {}

const defaults: BalancingOptions = {
  maxEjectedRatio: 0.5,
  slowStartMs: 10_000,
  zone: undefined,
  // Sockets are opened when they are needed, and a choice costs the same with 1000 endpoints: few have to pay for
  // a subset, which is a less even spread.
  subsetSize: Number.POSITIVE_INFINITY,
  clientId: `${hostname()}-${process.pid}`,
  probePath: undefined,
  probeIntervalMs: 1_000,
};

const bounds = {
  maxEjectedRatio: [0, 1],
  slowStartMs: [0, 3_600_000],
  subsetSize: [2, Number.POSITIVE_INFINITY],
  probeIntervalMs: [10, 600_000],
} as const;

/** @throws TypeError that names the option, what was expected and what came */
function expectTexts({ zone, clientId, probePath }: BalancingOptions): void {
  if (zone !== undefined && (typeof zone !== 'string' || zone === '')) {
    throw new TypeError(`zone must be the name of a zone, not ${JSON.stringify(zone)}`);
  }
  if (typeof clientId !== 'string' || clientId === '') {
    throw new TypeError(`clientId must be a text that no other process has, not ${JSON.stringify(clientId)}`);
  }
  if (probePath !== undefined && (typeof probePath !== 'string' || !/^\/[!-~]*$/.test(probePath))) {
    throw new TypeError(`probePath must be a path like /healthz, not ${JSON.stringify(probePath)}`);
  }
}

/** What holds where nothing else is said, smallest and largest value per number, and the check of the texts. */
export const balancing = { defaults, bounds, expectTexts };
