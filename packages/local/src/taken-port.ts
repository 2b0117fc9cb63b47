import { LocalError } from './local-error.ts';
import { holderWords } from './ports/port-holder.ts';
import { loopback, portProblem } from './ports/ports.ts';
import { launcherOn } from './runs/earlier-runs.ts';

/**
 * Of two launchers that start at once, both find the port free: their records say which of them was first.
 *
 * @throws LocalError in the second one
 */
export function refuseSecondLauncher(port: number): void {
  const first = launcherOn(port);
  if (!first || first.pid === process.pid) return;
  throw new LocalError(takenSentence(port, `by the npm start of ${first.root} (pid ${first.pid})`, 'EADDRINUSE'));
}

function takenSentence(port: number, holder: string, code: string): string {
  return `port ${port} on ${loopback} is taken ${holder} (${code}): stop that, or ${anotherPort(port)}`;
}

function anotherPort(port: number): string {
  return `choose another with PORT=${port === 8080 ? 8081 : 8080} npm start`;
}

/**
 * Looks whether the gateway's port can be listened on.
 *
 * @throws LocalError that says which program has it
 */
export async function refuseTakenPort(port: number): Promise<void> {
  const code = await portProblem(port);
  if (!code) return;
  if (code !== 'EADDRINUSE') {
    throw new LocalError(`port ${port} on ${loopback} cannot be listened on (${code}): ${anotherPort(port)}`);
  }
  const other = launcherOn(port);
  const holder =
    other && other.pid !== process.pid ? `by the npm start of ${other.root} (pid ${other.pid})` : holderWords(port);
  throw new LocalError(takenSentence(port, holder, code));
}
