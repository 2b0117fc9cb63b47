import type { ActiveProbeOptions } from './active-probe.ts';
import type { EjectionLimitOptions } from './ejection-limit.ts';
import type { SlowStartOptions } from './slow-start.ts';
import type { SubsetOptions } from './subset.ts';
import type { ZoneOptions } from './zone.ts';

/** How attempts are spread over endpoints, and how many of these may be left out. */
export interface BalancingOptions
  extends SlowStartOptions,
    ZoneOptions,
    SubsetOptions,
    EjectionLimitOptions,
    ActiveProbeOptions {}

/**
 * Checks the texts among the options.
 *
 * @throws TypeError that names the option, what was expected and what came
 */
export function expectBalancing({ zone, clientId, probePath }: BalancingOptions): void {
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
