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
  const ignored = { value: () => res, configurable: true, writable: true };
  const members: PropertyDescriptorMap = {};
  for (const name of chained) members[name] = ignored;
  // True: a source that is piped here flows to its end, and is closed.
  members.write = { ...ignored, value: (...args: unknown[]) => callBack(args) };
  members.end = {
    ...ignored,
    value: (...args: unknown[]) => {
      callBack(args);
      onEnd();
      return res;
    },
  };
  Object.defineProperties(res, members);
  // A wrapper that was there before may hold the real method, and Node reports a write after the end as an event.
  res.on('error', () => {});
}

function callBack(args: readonly unknown[]): true {
  const callback = args.find((one) => typeof one === 'function');
  if (callback) process.nextTick(callback as () => void);
  return true;
}
