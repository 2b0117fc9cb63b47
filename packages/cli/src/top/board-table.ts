import { ageText, durationText } from '../text/durations.ts';
import type { Cell, Column } from '../text/table.ts';
import type { BoardFigures, BoardReplica, BoardService } from './board.ts';

const texts = new Set(['SERVICE', 'REPLICA', 'STATE']);

/** The columns of `parley top`. */
export const boardColumns: readonly Column[] = [
  ...['SERVICE', 'REPLICA', 'STATE', 'REQUESTS/S', 'ERRORS/S', 'P50', 'P99', 'IN FLIGHT', 'CIRCUITS OPEN'],
].map((title) => ({ title, isNumber: !texts.has(title) }));

/** The rows of `parley top`: each service, and its replicas below it. */
export function boardRows(services: readonly BoardService[]): Cell[][] {
  return services.flatMap((service) => [
    serviceRow(service),
    ...service.replicas.map((one) => replicaRow(service, one)),
  ]);
}

/** One line about all of it. */
export function boardTitle(services: readonly BoardService[], url: string | undefined): string {
  const replicas = services.flatMap((service) => service.replicas);
  const ready = replicas.filter(({ state }) => state === 'ready').length;
  const requests = services.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0);
  const counts = `${services.length} services, ${ready} of ${replicas.length} replicas ready`;
  return [url, counts, `${requests.toFixed(1)} requests/s`].filter((part) => part !== undefined).join('  ');
}

function serviceRow(service: BoardService): Cell[] {
  const { name, ready, replicas } = service;
  const isWhole = ready === replicas.length;
  const state = isWhole ? `${ready} ready` : `${ready} of ${replicas.length} ready`;
  return [{ text: name, look: 'bold' }, '', { text: state, look: isWhole ? 'green' : 'red' }, ...figureCells(service)];
}

function replicaRow({ name: service }: BoardService, replica: BoardReplica): Cell[] {
  return [{ text: service, look: 'dim' }, replica.name, stateCell(replica), ...figureCells(replica)];
}

function stateCell({ state, restartedMsAgo }: BoardReplica): Cell {
  if (state === 'ready' && restartedMsAgo !== undefined) {
    return { text: `restarted ${ageText(restartedMsAgo)} ago`, look: 'yellow' };
  }
  if (state === 'ready') return { text: state, look: 'green' };
  return { text: state, look: state === 'draining' || state === 'starting' ? 'yellow' : 'red' };
}

function figureCells({ requestsPerSecond, errorsPerSecond, p50Ms, p99Ms, ...rest }: BoardFigures): Cell[] {
  const { inFlight, limit, openCircuits } = rest;
  return [
    requestsPerSecond.toFixed(1),
    alarming(errorsPerSecond, errorsPerSecond.toFixed(1)),
    p50Ms === undefined ? '–' : durationText(p50Ms),
    p99Ms === undefined ? '–' : durationText(p99Ms),
    `${inFlight}/${Number.isFinite(limit) ? Math.round(limit) : '∞'}`,
    alarming(openCircuits, String(openCircuits)),
  ];
}

function alarming(value: number, text: string): Cell {
  return value > 0 ? { text, look: 'red' } : text;
}
