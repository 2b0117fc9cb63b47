import type { Scenario } from './scenarios.ts';
import type { ServerPorts } from './server.ts';

/** Where and how a contender calls. */
export interface Target {
  readonly scenario: Scenario;
  /** One per endpoint. */
  readonly origins: readonly string[];
  readonly ports: ServerPorts;
}

/** Makes one call: sends it, checks the status, parses the JSON of the reply. */
export type Call = () => Promise<unknown>;

/** A client under test: prepares everything that calls share. None where it cannot call that way. */
export type Contender = (target: Target) => Call | undefined | Promise<Call | undefined>;

/** The target of a scenario on a running server. */
export function targetOf(scenario: Scenario, ports: ServerPorts): Target {
  const scheme = scenario.protocol === 'http1' ? 'http' : 'https';
  const origins = Array.from(
    { length: scenario.endpoints },
    (_, i) => `${scheme}://127.0.${Math.floor(i / 250)}.${(i % 250) + 1}:${ports[scenario.protocol]}`,
  );
  return { scenario, origins, ports };
}

/** The one origin of a contender that knows only one. */
export function originOf({ origins }: Target): string {
  return origins[0] as string;
}

/** @throws Error where the status is not 200 */
export function expectOk(status: number): void {
  if (status !== 200) throw new Error(`status ${status}`);
}
