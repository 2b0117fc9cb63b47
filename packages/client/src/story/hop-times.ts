import type { HopTime } from '@parley/contract';

const service = /^[A-Za-z][\w-]{0,63}$/;
const number = /^\d{1,9}(?:\.\d{1,9})?$/;

/** More would be no chain of services. */
const maxHops = 16;

/**
 * What a reply's `server-timing` says of services' time: `hello;dur=12.3;own=8.2, greetings;dur=4.1;own=4.1`. What has
 * no `dur`, or a name that is none of a service, is left out. W3C Server Timing; `own` is ours.
 */
export function hopTimes(header: string | readonly string[] | undefined): readonly HopTime[] {
  if (header === undefined) return [];
  return String(header)
    .split(',', maxHops)
    .map((entry) => entry.split(';').map((part) => part.trim()))
    .flatMap(([name = '', ...parameters]) => {
      const tookMs = numberOf('dur', parameters);
      return service.test(name) && tookMs !== undefined
        ? [{ service: name, tookMs, ownMs: numberOf('own', parameters) }]
        : [];
    });
}

/** The same as a header says it. */
export function formatHopTimes(hops: readonly HopTime[]): string {
  return hops
    .map(({ service, tookMs, ownMs }) => `${service};dur=${tookMs}${ownMs === undefined ? '' : `;own=${ownMs}`}`)
    .join(', ');
}

function numberOf(name: string, parameters: readonly string[]): number | undefined {
  const text = parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
  return text !== undefined && number.test(text) ? Number(text) : undefined;
}
