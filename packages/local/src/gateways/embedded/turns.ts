import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ignoreRequests } from '@parley/contract';

/** Has each connection's requests answered one after the other, as nginx does. */
export interface Turns {
  /**
   * Queues a request: answers once all earlier ones of its connection are over; undefined where none is under way. Never
   * answers where the connection ends with an earlier one. With 128 that wait, it ends with the last of them.
   */
  take(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined;
  /** The response whose turn it is on a connection; undefined where none is under way. */
  current(socket: Duplex): ServerResponse | undefined;
  /** The response that is last in a connection's queue; undefined where none is under way. */
  last(socket: Duplex): ServerResponse | undefined;
  /** The response before {@link last}; undefined where that one is alone. */
  lastButOne(socket: Duplex): ServerResponse | undefined;
}

interface Queue {
  current: ServerResponse;
  last: ServerResponse;
  lastButOne: ServerResponse | undefined;
  waiting: number;
}

/** Requests of one connection that wait for their turn. */
const maxWaiting = 128;

/**
 * Scope: one per server. Node would begin with all requests that a client pipelines at once, each with a place at a
 * service, for a client that may never read the first reply. While a client has pipelined requests, its leaving is not noticed.
 */
export function createTurns(): Turns {
  const queues = new WeakMap<Duplex, Queue>();
  const underWay = (response: ServerResponse | undefined) => (response?.closed ? undefined : response);
  return {
    take(request, response) {
      const { socket } = request;
      const queue = queues.get(socket);
      const before = underWay(queue?.last);
      if (!queue || !before) {
        queues.set(socket, { current: response, last: response, lastButOne: undefined, waiting: 0 });
        return undefined;
      }
      queue.lastButOne = before;
      queue.last = response;
      if (++queue.waiting === maxWaiting) {
        ignoreRequests(socket);
        response.shouldKeepAlive = false;
      }
      // Bytes already read are parsed; reading pauses until this request has its turn.
      socket.pause();
      return new Promise((resolve) => {
        before.once('close', () => {
          queue.waiting--;
          if (!before.shouldKeepAlive) {
            response.shouldKeepAlive = false; // the connection ends with the one before: this one has no turn, nor has the next
            return;
          }
          queue.current = response;
          socket.resume();
          resolve();
        });
      });
    },
    current: (socket) => underWay(queues.get(socket)?.current),
    last: (socket) => underWay(queues.get(socket)?.last),
    lastButOne: (socket) => underWay(queues.get(socket)?.lastButOne),
  };
}
