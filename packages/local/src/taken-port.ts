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
  const holder = `by the npm start of ${first.root} (pid ${first.pid})`;
  throw new LocalError(takenSentence(port, holder, 'EADDRINUSE', nextPort(port)));
}

function takenSentence(port: number, holder: string, code: string, free: number): string {
  return `port ${port} on ${loopback} is taken ${holder} (${code}): stop that, or ${anotherPort(free)}`;
}

function anotherPort(free: number): string {
  return `choose another with PORT=${free} npm start`;
}

/** Ports from 8080 up may be listened on without rights, whichever was asked for. */
function nextPort(port: number): number {
  return port >= 8080 && port < 65_535 ? port + 1 : 8080;
}

/** The first port after this one that is free now: the next one may be taken as well. */
async function freePortAfter(port: number): Promise<number> {
  let next = nextPort(port);
  for (let tries = 0; tries < 100 && (await portProblem(next)); tries++) next = nextPort(next);
  return next;
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
    throw new LocalError(
      `port ${port} on ${loopback} cannot be listened on (${code}): ${anotherPort(await freePortAfter(port))}`,
    );
  }
  const other = launcherOn(port);
  const holder =
    other && other.pid !== process.pid ? `by the npm start of ${other.root} (pid ${other.pid})` : holderWords(port);
  throw new LocalError(takenSentence(port, holder, code, await freePortAfter(port)));
}
