import { ownMembers } from '@parley/contract';
import type { Response } from 'express';

/** The methods by which a handler changes or ends its response. */
const chained = [
  'addTrailers',
  'appendHeader',
  'destroy',
  'flushHeaders',
  'removeHeader',
  'setHeader',
  'setHeaders',
  'writeContinue',
  'writeEarlyHints',
  'writeHead',
  'writeProcessing',
] as const;

/**
 * Makes a response that has been answered ignore what a handler of others still does to it: nothing is thrown, nothing is sent.
 * Node would throw ERR_HTTP_HEADERS_SENT in code that does not expect it, and end the process.
 *
 * @param onEnd runs when the handler ends the response
 */
export function ignoreLateWrites(res: Response, onEnd: () => void): void {
  const replace = (name: string, value: unknown) =>
    Object.defineProperty(res, name, ownMembers({ value, configurable: true, writable: true }));
  for (const name of chained) replace(name, () => res);
  // True: a source that is piped here flows to its end, and is closed.
  replace('write', (...args: unknown[]) => callBack(args));
  replace('end', (...args: unknown[]) => {
    callBack(args);
    onEnd();
    return res;
  });
  // A wrapper that was there before may hold the real method, and Node reports a write after the end as an event.
  res.on('error', () => {});
}

function callBack(args: readonly unknown[]): true {
  const callback = args.find((one) => typeof one === 'function');
  if (callback) process.nextTick(callback as () => void);
  return true;
}
