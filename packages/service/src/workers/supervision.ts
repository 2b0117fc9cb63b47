import type { Settings } from '../process/settings.ts';

/** What a supervisor needs to know of its service. */
export interface Supervision
  extends Pick<Settings, 'adminHost' | 'adminPort' | 'drainDelayMs' | 'drainTimeoutMs' | 'logLevel'> {
  /** Name of the service. */
  readonly name: string;
  /** Number of workers. */
  readonly workers: number;
}

const variable = 'PARLEY_SUPERVISOR';

/** The environment variable that makes a process the supervisor of this service. */
export function supervisionVariable(supervision: Supervision): Readonly<Record<string, string>> {
  // Callers may hand over all settings, and no secret of them may get into the environment, which workers and their children inherit.
  const { name, workers, adminHost, adminPort, drainDelayMs, drainTimeoutMs, logLevel } = supervision;
  const members = { name, workers, adminHost, adminPort, drainDelayMs, drainTimeoutMs, logLevel };
  return { [variable]: JSON.stringify(members) };
}

/** What {@link supervisionVariable} made, in the process of the supervisor; nothing in other processes. */
export function takeSupervision(): Supervision | undefined {
  const text = process.env[variable];
  // Workers inherit the environment, and are no supervisors.
  delete process.env[variable];
  return text ? (JSON.parse(text) as Supervision) : undefined;
}
