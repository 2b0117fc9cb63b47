import { currentContext, headerNames } from '@parley/contract';
import type { RequestHandler, Response } from 'express';

/** Who a hop's time is said of. */
export interface ServerTimingOptions {
  /** Name of the service. A letter first, then letters, digits, `-` and `_`. */
  readonly service: string;
}

/** A reply says no more than this of where its time went: its own hop, and the first ones below. */
const maxEntries = 8;

/**
 * Tells a caller that asks by `x-explain` how long this hop took until its reply began, in ms, and what the hops below
 * said of theirs: `server-timing: hello;dur=12.3, greetings;dur=4.1`.
 */
export function serverTiming({ service }: ServerTimingOptions): RequestHandler {
  return function serverTiming(_req, res, next) {
    const { timings } = currentContext();
    if (timings) sayAtHead(res, service, timings);
    next();
  };
}

function sayAtHead(res: Response, service: string, timings: readonly string[]): void {
  const startMs = performance.now();
  const writeHead = res.writeHead;
  res.writeHead = function writeHeadWithTiming(...head: Parameters<typeof writeHead>) {
    const own = `${service};dur=${(performance.now() - startMs).toFixed(1)}`;
    const below = timings.flatMap((value) => value.split(',')).map((entry) => entry.trim());
    res.setHeader(headerNames.serverTiming, [own, ...below].slice(0, maxEntries).join(', '));
    return writeHead.apply(res, head);
  } as typeof writeHead;
}
