import type { HopTime } from './story-event.ts';

const service = /^[A-Za-z][\w-]{0,63}$/;
const number = /^\d{1,9}(?:\.\d{1,9})?$/;

/** Entries that are read. A longer list is not a chain of services. */
const maxHops = 16;

/**
 * Reads `Server-Timing`: `hello;dur=12.3;own=8.2, greetings;dur=4.1;own=4.1`. `dur` is the time until the reply began, in
 * ms; `own` is our addition: the same without the calls that the service made. Entries without `dur`, and names that no
 * service has, are left out; so are entries after the 16th. W3C Server Timing.
 */
export function parseServerTiming(header: string | readonly string[] | undefined): readonly HopTime[] {
  if (header === undefined) return [];
  return String(header).split(',', maxHops).flatMap(hopOf);
}

/** Writes what {@link parseServerTiming} reads. Times have one decimal. */
export function formatServerTiming(hops: readonly HopTime[]): string {
  return hops.map(formatHop).join(', ');
}

/**
 * The time of the first entry, in ms: the service that sent the header puts itself first. 0 where that entry has no time.
 * The entries after it are part of this time.
 */
export function firstHopMs(header: string): number {
  const end = header.indexOf(',');
  return hopOf(end < 0 ? header : header.slice(0, end))[0]?.tookMs ?? 0;
}

function formatHop({ service, tookMs, ownMs }: HopTime): string {
  const own = ownMs === undefined ? '' : `;own=${ownMs.toFixed(1)}`;
  return `${service};dur=${tookMs.toFixed(1)}${own}`;
}

function hopOf(entry: string): HopTime[] {
  const [name = '', ...parameters] = entry.split(';').map((part) => part.trim());
  const tookMs = numberOf('dur', parameters);
  if (tookMs === undefined || !service.test(name)) return [];
  return [{ service: name, tookMs, ownMs: numberOf('own', parameters) }];
}

function numberOf(name: string, parameters: readonly string[]): number | undefined {
  const text = parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
  return text !== undefined && number.test(text) ? Number(text) : undefined;
}
