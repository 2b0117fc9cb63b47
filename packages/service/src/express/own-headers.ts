import type { IncomingMessage } from 'node:http';
import { isPrototypePolluted } from '@parley/contract';

/** Node's own way from a field of a request to its object of headers: it knows which fields may come twice. */
interface HeaderLines {
  _addHeaderLine(name: string, value: string, headers: object): void;
}

/**
 * Lets the headers of a request be those that were sent. Over HTTP/1.1 Node's object of headers inherits from
 * `Object.prototype`: a member that somebody has put there would be a header of each request. Costs nothing as long as nobody has.
 */
export function useOwnHeaders(req: IncomingMessage): void {
  if (!isPrototypePolluted() || Object.getPrototypeOf(req.headers) === null) return;
  const headers = Object.create(null);
  for (let index = 0; index < req.rawHeaders.length; index += 2) {
    const [name, value] = req.rawHeaders.slice(index, index + 2) as [string, string];
    (req as IncomingMessage & HeaderLines)._addHeaderLine(name, value, headers);
  }
  req.headers = headers;
}
