import { currentContext, firstHopMs, formatServerTiming, headerNames } from '@parley/contract';
import type { RequestHandler, Response } from 'express';
import { beforeHead } from '../express/before-head.ts';

/** The service whose time is reported. */
export interface ServerTimingOptions {
  /** Name of the service. A letter first, then letters, digits, `-` and `_`. */
  readonly service: string;
}

/** A reply says no more than this of where its time went: its own hop, and the first ones below. */
const maxEntries = 8;

/**
 * Reports to a caller that sends `x-explain` how long this hop took until its reply began, in ms, with the times of the
 * hops below: `server-timing: hello;dur=12.3;own=8.2, greetings;dur=4.1;own=4.1`. `own` is `dur` without the calls that
 * the hop made, as if they ran one after the other.
 */
export function serverTiming({ service }: ServerTimingOptions): RequestHandler {
  return function serverTiming(_req, res, next) {
    const { timings } = currentContext();
    if (timings) setTimingAtHead(res, service, timings);
    next();
  };
}

function setTimingAtHead(res: Response, service: string, timings: readonly string[]): void {
  const startMs = performance.now();
  beforeHead(res, () => {
    const tookMs = performance.now() - startMs;
    const ownMs = Math.max(0, tookMs - sum(timings.map(firstHopMs)));
    const own = formatServerTiming([{ service, tookMs, ownMs }]);
    const below = timings.flatMap((value) => value.split(',')).map((entry) => entry.trim());
    res.setHeader(headerNames.serverTiming, [own, ...below].slice(0, maxEntries).join(', '));
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
